// Command benchtool is the plain rival in the benchmarks: the same requests, with nothing around them.
//
//	benchtool populate N              makes N mixed objects in namespaces bench-0 … bench-9
//	benchtool exec NAMESPACE C PRE POST   runs PRE, then POST (sh -c) in every pod, C pods at a time, over WebSocket; both
//	                                  print /proc/uptime, and the time between is the window
//	benchtool create TARBALL C        creates every object of a backup that lies in a namespace bench-*, C at a time, in again-*
//
// It prints one JSON line.  The cluster is that of $KUBECONFIG.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/remotecommand"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchtool:", err)
		os.Exit(1)
	}
}

func each[T any](items []T, workers int, do func(T)) {
	queue := make(chan T)
	var group sync.WaitGroup
	for range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for item := range queue {
				do(item)
			}
		}()
	}
	for _, item := range items {
		queue <- item
	}
	close(queue)
	group.Wait()
}

func report(values map[string]any) {
	line, _ := json.Marshal(values)
	fmt.Println(string(line))
}

func raw(client *kubernetes.Clientset, path string, body []byte) error {
	return client.CoreV1().RESTClient().Post().AbsPath(path).SetHeader("Content-Type", "application/json").Body(body).Do(context.Background()).Error()
}

func populate(client *kubernetes.Clientset, count int) {
	for i := range 10 {
		body := fmt.Sprintf(`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"bench-%d"}}`, i)
		if err := raw(client, "/api/v1/namespaces", []byte(body)); err != nil && !strings.Contains(err.Error(), "already exists") {
			must(err)
		}
	}
	text := strings.Repeat("some words of configuration, ", 40)
	numbers := make([]int, count)
	for i := range numbers {
		numbers[i] = i
	}
	start := time.Now()
	each(numbers, 16, func(i int) {
		ns, name := fmt.Sprintf("bench-%d", i%10), fmt.Sprintf("o-%06d", i)
		meta := fmt.Sprintf(`"metadata":{"name":"%s","namespace":"%s","labels":{"app":"bench","shard":"%d"}}`, name, ns, i%7)
		var path, body string
		switch i % 5 {
		case 0, 1:
			path, body = "/api/v1/namespaces/"+ns+"/configmaps", `{"apiVersion":"v1","kind":"ConfigMap",`+meta+`,"data":{"a":"`+text+`"}}`
		case 2:
			path, body = "/api/v1/namespaces/"+ns+"/secrets", `{"apiVersion":"v1","kind":"Secret",`+meta+`,"stringData":{"a":"`+text[:400]+`"}}`
		case 3:
			path, body = "/api/v1/namespaces/"+ns+"/serviceaccounts", `{"apiVersion":"v1","kind":"ServiceAccount",`+meta+`}`
		case 4:
			path = "/apis/apps/v1/namespaces/" + ns + "/deployments"
			body = `{"apiVersion":"apps/v1","kind":"Deployment",` + meta + `,"spec":{"replicas":0,"selector":{"matchLabels":{"app":"` + name +
				`"}},"template":{"metadata":{"labels":{"app":"` + name + `"}},"spec":{"containers":[{"name":"c","image":"busybox:1","command":["sleep","1"],"env":[{"name":"A","value":"b"}]}]}}}}`
		}
		if err := raw(client, path, []byte(body)); err != nil && !strings.Contains(err.Error(), "already exists") {
			must(err)
		}
	})
	report(map[string]any{"objects": count, "seconds": time.Since(start).Seconds()})
}

func execute(config *rest.Config, client *kubernetes.Clientset, namespace, pod, command string) float64 {
	request := client.CoreV1().RESTClient().Post().Resource("pods").Namespace(namespace).Name(pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Command: []string{"sh", "-c", command}, Stdout: true, Stderr: true}, scheme.ParameterCodec)
	var out bytes.Buffer
	executor, err := remotecommand.NewWebSocketExecutor(config, "GET", request.URL().String())
	must(err)
	must(executor.StreamWithContext(context.Background(), remotecommand.StreamOptions{Stdout: &out, Stderr: io.Discard}))
	seconds, err := strconv.ParseFloat(strings.SplitN(out.String(), " ", 2)[0], 64)
	must(err)
	return seconds
}

func bareExec(config *rest.Config, client *kubernetes.Clientset, namespace string, workers int, pre, post string) {
	list, err := client.CoreV1().Pods(namespace).List(context.Background(), metav1.ListOptions{})
	must(err)
	var lock sync.Mutex
	var windows []float64
	start := time.Now()
	each(list.Items, workers, func(pod corev1.Pod) {
		began := execute(config, client, namespace, pod.Name, pre)
		ended := execute(config, client, namespace, pod.Name, post)
		lock.Lock()
		windows = append(windows, (ended-began)*1000)
		lock.Unlock()
	})
	total := time.Since(start).Seconds()
	sort.Float64s(windows)
	report(map[string]any{"seconds": total, "p50Ms": windows[len(windows)/2], "p99Ms": windows[len(windows)*99/100]})
}

type object struct {
	path string
	body []byte
}

func create(client *kubernetes.Clientset, tarball string, workers int) {
	file, err := os.Open(tarball)
	must(err)
	unzipped, err := gzip.NewReader(file)
	must(err)
	var objects []object
	namespaces := map[string]bool{}
	reader := tar.NewReader(unzipped)
	for {
		header, err := reader.Next()
		if err == io.EOF {
			break
		}
		must(err)
		parts := strings.Split(header.Name, "/") // resources/RESOURCE/namespaces/NS/NAME.json
		if len(parts) != 5 || parts[2] != "namespaces" || !strings.HasPrefix(parts[3], "bench-") {
			continue
		}
		body, err := io.ReadAll(reader)
		must(err)
		var parsed map[string]any
		must(json.Unmarshal(body, &parsed))
		namespace := strings.Replace(parts[3], "bench-", "again-", 1)
		namespaces[namespace] = true
		meta := parsed["metadata"].(map[string]any)
		for _, key := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "ownerReferences", "managedFields"} {
			delete(meta, key)
		}
		meta["namespace"] = namespace
		delete(parsed, "status")
		if labels, ok := meta["labels"].(map[string]any); ok {
			labels["velero.io/backup-name"] = "bare"
			labels["velero.io/restore-name"] = "bare"
		}
		body, _ = json.Marshal(parsed)
		prefix := "/api/v1"
		if version := parsed["apiVersion"].(string); strings.Contains(version, "/") {
			prefix = "/apis/" + version
		}
		objects = append(objects, object{prefix + "/namespaces/" + namespace + "/" + strings.SplitN(parts[1], ".", 2)[0], body})
	}
	start := time.Now()
	for namespace := range namespaces {
		must(raw(client, "/api/v1/namespaces", []byte(`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"`+namespace+`"}}`)))
	}
	failed := 0
	var lock sync.Mutex
	each(objects, workers, func(o object) {
		if err := raw(client, o.path, bytes.TrimSpace(o.body)); err != nil && !strings.Contains(err.Error(), "already exists") {
			lock.Lock()
			failed++
			lock.Unlock()
		}
	})
	report(map[string]any{"objects": len(objects), "failed": failed, "seconds": time.Since(start).Seconds()})
}

func main() {
	if len(os.Args) < 3 {
		must(fmt.Errorf("usage: benchtool populate N | exec NAMESPACE C PRE POST | create TARBALL C"))
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	must(err)
	config.QPS, config.Burst = -1, 0
	client, err := kubernetes.NewForConfig(config)
	must(err)
	number := func(i int) int {
		n, err := strconv.Atoi(os.Args[i])
		must(err)
		return n
	}
	switch os.Args[1] {
	case "populate":
		populate(client, number(2))
	case "exec":
		bareExec(config, client, os.Args[2], number(3), os.Args[4], os.Args[5])
	case "create":
		create(client, os.Args[2], number(3))
	}
}
