#include "base/buf.h"
#include "check.h"
#include "data/xml.h"

static bool add_line(void *user, Str path, Str text, Error *err) {
        if (str_equal(path, STR("a/stop")))
                return error_set(err, ERROR_INVALID, "enough");
        buf_printf(user, STR_FMT "=" STR_FMT "\n", STR_ARG(path), STR_ARG(text));
        return true;
}

static void every_element_is_told_with_its_path_and_text(void **state) {
        static const struct {
                const char *document, *told;
        } cases[] = {
                { "<a/>", "a=\n" },
                { "<?xml version=\"1.0\"?>\n<a><b>1</b><b>2</b></a>", "a/b=1\na/b=2\na=\n" },
                { "<a><b>x &amp; y &#10;</b></a>", "a/b=x & y \n\na=\n" },
                { "<a> <b><c>in</c></b> </a>", "a/b/c=in\na/b=\na=  \n" },
                { "<s3:a xmlns:s3=\"urn:x\"><s3:b at='1'>v</s3:b></s3:a>", "a/b=v\na=\n" },
                { "<a><![CDATA[<b>]]></a>", "a=<b>\n" },
                { "<a:>1</a:>", "a:=1\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf told = { 0 };

                CHECK(xml_read(str_of(c->document), "the answer", add_line, &told, &err));
                buf_add_char(&told, '\0');
                CHECK_STR(told.ptr, c->told);
        }
}

static void what_is_not_xml_is_refused_with_a_reason(void **state) {
        static const struct {
                const char *document, *message;
        } cases[] = {
                { "", "the answer is not XML: no element found in line 1" },
                { "<a>\n<b></a>", "the answer is not XML: mismatched tag in line 2" },
                { "not found", "the answer is not XML: syntax error in line 1" },
                { "<a>\xff</a>", "the answer is not XML: not well-formed (invalid token) in line 1" },
                { "<!DOCTYPE a [<!ENTITY e \"eee\">]><a>&e;&e;</a>",
                  "the answer is not XML: it declares entities in line 1" },
                { "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>",
                  "the answer is not XML: more than 16 elements in one another in line 1" },
                { "<a><stop/></a>", "enough" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf told = { 0 };

                CHECK(!xml_read(str_of(c->document), "the answer", add_line, &told, &err));
                CHECK_STR(err.message, c->message);
        }
}

static void names_that_are_too_long_are_refused(void **state) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf document = { 0 }, told = { 0 };

        (void) state;
        buf_add_char(&document, '<');
        for (int i = 0; i < XML_PATH_MAX + 1; i++)
                buf_add_char(&document, 'n');
        buf_add(&document, STR("/>"));
        CHECK(!xml_read(buf_str(&document), "the answer", add_line, &told, &err));
        CHECK_STR(err.message, "the answer is not XML: names that are too long in line 1");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_element_is_told_with_its_path_and_text),
                cmocka_unit_test(what_is_not_xml_is_refused_with_a_reason),
                cmocka_unit_test(names_that_are_too_long_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
