#include "hooks/limiter.h"

#include "base/clock.h"
#include "base/thread.h"
#include "check.h"

/* A node as bench/run b meets it: an exec takes 50 ms alone, 40 ms of which it needs a processor; two processors carry
 * 50 execs a second however many are in flight; the command itself waits. */
typedef struct Node {
        double service_ms; /* of a processor for one exec, on average */
        double processors;
        double around_ms; /* before and after, which disturbs nobody */
        double pre_ms, post_ms;
        double jitter; /* of the service: 0.5 is from half to one and a half */
} Node;

typedef enum Step {
        BEFORE_PRE,
        SERVE_PRE,
        RUN_PRE,
        AFTER_PRE,
        BEFORE_POST,
        SERVE_POST,
        RUN_POST,
        AFTER_POST,
        ENDED
} Step;

typedef struct Window {
        Step step;
        double left_ms;           /* of the step */
        double start_ms, call_ms; /* when the window and its present call began */
} Window;

enum { WINDOWS_MAX = 1000 };

typedef struct Simulation {
        const Node *node;
        LimiterState limiter;
        unsigned fixed; /* this many in flight instead of the limiter's number; 0: the limiter's */
        Window windows[WINDOWS_MAX];
        double shortest[2];
        double freezes[WINDOWS_MAX];
        unsigned pods, begun, ended, in_flight;
        unsigned first; /* of the windows that have not ended: none before it */
        double now_ms, place_sum, next_ms;
        Random rng;
} Simulation;

static double step_ms(Simulation *sim, Step step) {
        const Node *node = sim->node;
        double random = (double) (random_u64(&sim->rng) % 10001) / 10000; /* 0..1 */

        switch (step) {
        case SERVE_PRE:
        case SERVE_POST:
                return node->service_ms * (1 - node->jitter + 2 * node->jitter * random);
        case RUN_PRE:
                return node->pre_ms;
        case RUN_POST:
                return node->post_ms;
        default:
                return node->around_ms / 2;
        }
}

static void finish_call(Simulation *sim, const Window *window, int which) {
        double duration_ms = sim->now_ms - window->call_ms;

        if (sim->shortest[which] <= 0) {
                sim->shortest[which] = duration_ms;
                return;
        }
        if (duration_ms < sim->shortest[which])
                sim->shortest[which] = duration_ms;
        limiter_step(&sim->limiter, duration_ms, sim->shortest[which], sim->in_flight);
}

static void advance(Simulation *sim, Window *window, double ms) {
        for (window->left_ms -= ms; window->left_ms <= 0 && window->step != ENDED;) {
                if (window->step == AFTER_PRE) {
                        finish_call(sim, window, 0);
                        window->call_ms = sim->now_ms;
                }
                if (window->step == AFTER_POST) {
                        finish_call(sim, window, 1);
                        sim->freezes[sim->ended++] = sim->now_ms - window->start_ms;
                        sim->in_flight--;
                }
                window->step++;
                window->left_ms += step_ms(sim, window->step);
        }
}

static int compare_doubles(const void *a, const void *b) {
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

/* Until all pods have been thawed; in steps of 0.5 ms. */
static void simulate(Simulation *sim) {
        const double tick_ms = 0.5;

        while (sim->ended < sim->pods) {
                unsigned places = sim->fixed ? sim->fixed : limiter_places(&sim->limiter), served = 0;

                while (sim->in_flight < places && sim->begun < sim->pods &&
                       (sim->fixed || sim->now_ms >= sim->next_ms)) {
                        sim->windows[sim->begun++] =
                                (Window) { BEFORE_PRE, sim->node->around_ms / 2, sim->now_ms, sim->now_ms };
                        sim->in_flight++;
                        sim->next_ms = sim->now_ms + limiter_pace_ms(&sim->limiter);
                }
                while (sim->first < sim->begun && sim->windows[sim->first].step == ENDED)
                        sim->first++;
                for (unsigned i = sim->first; i < sim->begun; i++)
                        served += sim->windows[i].step == SERVE_PRE || sim->windows[i].step == SERVE_POST;
                sim->now_ms += tick_ms;
                double share = served > sim->node->processors ? sim->node->processors / served : 1;
                for (unsigned i = sim->first; i < sim->begun; i++) {
                        bool is_served =
                                sim->windows[i].step == SERVE_PRE || sim->windows[i].step == SERVE_POST;

                        if (sim->windows[i].step != ENDED)
                                advance(sim, &sim->windows[i], is_served ? tick_ms * share : tick_ms);
                }
                sim->place_sum += places * tick_ms;
        }
        qsort(sim->freezes, sim->pods, sizeof *sim->freezes, compare_doubles);
}

static void simulation_begin(Simulation *sim, const Node *node, unsigned pods, unsigned fixed) {
        memset(sim, 0, sizeof *sim);
        sim->node = node;
        sim->limiter.ceiling = 64;
        sim->fixed = fixed;
        sim->pods = pods;
        sim->rng.state = 42;
}

static double alone_ms(const Node *node) {
        return 2 * (node->service_ms + node->around_ms) + node->pre_ms + node->post_ms;
}

static void the_number_in_flight_finds_what_the_node_carries(void **state) {
        static const struct {
                Node node;
                unsigned pods;
                double least_places, most_places, most_total, most_freeze; /* the last two as ratios */
        } cases[] = {
                { { 40, 2, 10, 200, 5, 0 }, 50, 7, 12, 1.1, 1.4 },
                { { 40, 2, 10, 200, 5, 0 }, 200, 7, 12, 1.05, 1.45 },
                { { 40, 2, 10, 200, 5, 0.5 }, 50, 7, 11, 1.25, 1.35 },
                { { 40, 2, 10, 200, 5, 0.5 }, 200, 7, 11, 1.2, 1.35 },
                { { 40, 2, 10, 5, 5, 0.5 }, 200, 3, 7, 1.1, 2.1 },
                { { 40, 2, 10, 2000, 5, 0 }, 200, 25, 45, 1.1, 1.15 },
                { { 2, 1, 30, 200, 5, 0.5 }, 1000, 30, 64, 1.15, 1.1 }, /* a large node */
                { { 200, 1, 10, 5, 5, 0.5 }, 50, 1, 8, 1.1, 6.5 },      /* a very small one */
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                static const unsigned fixed[] = { 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64 };
                Simulation *sim = calloc(1, sizeof *sim);
                double best_ms = 1e12;

                FOR_EACH_CASE(fixed, n) {
                        simulation_begin(sim, &c->node, c->pods, *n);
                        simulate(sim);
                        best_ms = sim->now_ms < best_ms ? sim->now_ms : best_ms;
                }
                simulation_begin(sim, &c->node, c->pods, 0);
                simulate(sim);
                double places = sim->place_sum / sim->now_ms, total = sim->now_ms / best_ms;
                double freeze = sim->freezes[sim->pods / 2] / alone_ms(&c->node);

                print_message("%4.0f ms service, %4.0f ms pre, %4u pods: %4.1f places, total %.2f, freeze "
                              "p50 %.2f p99 %.2f\n",
                              c->node.service_ms, c->node.pre_ms, c->pods, places, total, freeze,
                              sim->freezes[sim->pods * 99 / 100] / alone_ms(&c->node));
                CHECK(places >= c->least_places && places <= c->most_places);
                CHECK(total <= c->most_total);
                CHECK(freeze <= c->most_freeze);
                free(sim);
        }
}

static void it_stays_between_one_and_the_ceiling(void **state) {
        (void) state;
        FOR_ALL_RANDOM(200, rng) {
                LimiterState limiter = { .ceiling = 1 + (unsigned) (random_u64(&rng) % 40) };

                for (int i = 0; i < 500; i++) {
                        double shortest = 1 + (double) (random_u64(&rng) % 100);
                        double duration = shortest * (1 + (double) (random_u64(&rng) % 100) / 10);

                        limiter_step(&limiter, duration, shortest, limiter_places(&limiter));
                        CHECK(limiter_places(&limiter) >= 1 && limiter_places(&limiter) <= limiter.ceiling);
                }
        }
}

static void what_is_not_used_does_not_grow(void **state) {
        LimiterState limiter = { .ceiling = 64 };

        (void) state;
        for (int i = 0; i < 1000; i++)
                limiter_step(&limiter, 100, 100, 1);
        CHECK_INT(limiter_places(&limiter), 8);
}

/* However many there are: by their number alone more would seem to wait than are wanted. */
static void what_is_flat_grows_to_the_ceiling(void **state) {
        LimiterState limiter = { .ceiling = 64, .limit = 50, .is_past_start = true };

        (void) state;
        for (int i = 0; i < 10000; i++)
                limiter_step(&limiter, 109, 100, limiter_places(&limiter));
        CHECK_INT(limiter_places(&limiter), 64);
}

typedef struct Gate {
        Limiter *limiter;
        Stop *stop;
        _Atomic unsigned inside, most, posts_done, pres_after_post;
        _Atomic bool refused;
} Gate;

static void pass(void *user) {
        Gate *gate = user;

        for (int i = 0; i < 50; i++) {
                CHECK(limiter_enter(gate->limiter, STR("n1"), true, NULL));
                unsigned inside = ++gate->inside;
                if (inside > gate->most)
                        gate->most = inside;
                (void) !stop_sleep_ms(NULL, 1);
                gate->inside--;
                limiter_leave(gate->limiter, STR("n1"), 0, -1);
        }
}

static void no_more_than_the_ceiling_are_inside(void **state) {
        AUTO(limiter_freep) Limiter *limiter = limiter_new(2);
        Gate gate = { .limiter = limiter };

        (void) state;
        thread_run_many(8, pass, &gate);
        CHECK_INT(gate.most, 2);
        CHECK(limiter_enter(limiter, STR("n2"), false, NULL)); /* another node has its own places */
        limiter_leave(limiter, STR("n2"), 0, -1);
}

static void wait_as_post(void *user) {
        Gate *gate = user;

        CHECK(limiter_enter(gate->limiter, STR("n1"), true, gate->stop));
        gate->posts_done++;
        limiter_leave(gate->limiter, STR("n1"), 0, -1);
}

static void wait_as_pre(void *user) {
        Gate *gate = user;

        CHECK(limiter_enter(gate->limiter, STR("n1"), false, gate->stop));
        gate->pres_after_post += gate->posts_done;
        limiter_leave(gate->limiter, STR("n1"), 0, -1);
}

static void a_due_post_goes_before_a_waiting_pre(void **state) {
        AUTO(limiter_freep) Limiter *limiter = limiter_new(1);
        AUTO(stop_freep) Stop *stop = stop_new();
        Gate gate = { .limiter = limiter, .stop = stop };

        (void) state;
        CHECK(limiter_enter(limiter, STR("n1"), false, stop));
        Thread pre = thread_start(wait_as_pre, &gate);
        (void) !stop_sleep_ms(NULL, 20);
        Thread post = thread_start(wait_as_post, &gate);
        (void) !stop_sleep_ms(NULL, 20);
        limiter_leave(limiter, STR("n1"), 0, -1);
        thread_join(pre);
        thread_join(post);
        CHECK_INT(gate.pres_after_post, 1);
}

static void wait_until_refused(void *user) {
        Gate *gate = user;

        gate->refused = !limiter_enter(gate->limiter, STR("n1"), false, gate->stop);
}

static void a_stop_ends_the_wait(void **state) {
        AUTO(limiter_freep) Limiter *limiter = limiter_new(1);
        AUTO(stop_freep) Stop *stop = stop_new();
        Gate gate = { .limiter = limiter, .stop = stop };

        (void) state;
        CHECK(limiter_enter(limiter, STR("n1"), false, stop));
        Thread waiting = thread_start(wait_until_refused, &gate);
        stop_set(stop);
        thread_join(waiting);
        CHECK(gate.refused);
        limiter_leave(limiter, STR("n1"), 0, -1);
}

static void samples_of_different_commands_do_not_mix(void **state) {
        AUTO(limiter_freep) Limiter *limiter = limiter_new(64);
        const Str fast[] = { STR("true") }, slow[] = { STR("sleep"), STR("1") }, joined[] = { STR("sleep1") };
        unsigned got = 0;

        (void) state;
        CHECK(limiter_command_hash(slow, 2) != limiter_command_hash(joined, 1));
        for (int i = 0; i < 8; i++)
                CHECK(limiter_enter(limiter, STR("n"), false, NULL));
        for (int i = 0; i < 100; i++) { /* each takes what it always takes: the node is not busy */
                limiter_sample(limiter, STR("n"), limiter_command_hash(fast, 1), 50);
                limiter_sample(limiter, STR("n"), limiter_command_hash(slow, 2), 1000);
        }
        for (; got < 8; got++)
                CHECK(limiter_enter(limiter, STR("n"), false,
                                    NULL)); /* there is room for more than eight now */
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_number_in_flight_finds_what_the_node_carries),
                cmocka_unit_test(it_stays_between_one_and_the_ceiling),
                cmocka_unit_test(what_is_not_used_does_not_grow),
                cmocka_unit_test(what_is_flat_grows_to_the_ceiling),
                cmocka_unit_test(no_more_than_the_ceiling_are_inside),
                cmocka_unit_test(a_due_post_goes_before_a_waiting_pre),
                cmocka_unit_test(a_stop_ends_the_wait),
                cmocka_unit_test(samples_of_different_commands_do_not_mix),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
