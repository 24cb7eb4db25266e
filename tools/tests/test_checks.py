"""Each check of the house, seen red on the smallest file that breaks its rule."""
import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS))

import generated
import hygiene
import purity
import shape
import web


def compile_c(folder, source, *flags):
    (folder / "x.c").write_text(source)
    subprocess.run(["cc", "-c", "-O0", *flags, "x.c", "-o", "x.o"], cwd=folder, check=True)
    return str(folder / "x.o")


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class Shape(InFolder):
    def measures(self, source):
        return dict(shape.functions(source))

    def test_counts_lines_parameters_and_nesting(self):
        source = "static int f(int a, int (*g)(int, int)) {\n  if (a) {\n    while (g) {\n    }\n  }\n  return a;\n}\n"
        self.assertEqual(self.measures(source), {"f": {"lines": 7, "parameters": 2, "nesting": 2}})

    def test_no_parameters(self):
        self.assertEqual(self.measures("void f(void) {\n}\n")["f"]["parameters"], 0)

    def test_text_comments_and_macros_hold_no_braces(self):
        source = '#define F(x) { { \\\n  {\nvoid f(void) {\n  /* { */ // {\n  g("{", \'{\');\n}\n'
        self.assertEqual(self.measures(source)["f"]["nesting"], 0)

    def test_initializers_do_not_nest(self):
        source = "void f(void) {\n  struct a b[] = {{1, {2}}};\n  g((struct a){.x = {1}});\n  return (struct a){1};\n}\n"
        self.assertEqual(self.measures(source)["f"]["nesting"], 0)

    def test_loop_macros_nest(self):
        source = "void f(void) {\n  FOR_EACH(a, b) {\n    if (a) {\n    }\n  }\n}\n"
        self.assertEqual(self.measures(source)["f"]["nesting"], 2)

    def test_tables_and_types_are_no_functions(self):
        self.assertEqual(self.measures("struct a { int b; };\nstatic int t[] = {1, 2};\nenum { X };\n"), {})

    def test_each_limit_is_red_one_above(self):
        for measure, limit in shape.LIMITS.items():
            self.assertEqual(list(shape.judge({("a.c", measure): limit}, {})), [])
            self.assertEqual(len(list(shape.judge({("a.c", measure): limit + 1}, {}))), 1)

    def test_exceptions_only_shrink(self):
        key = ("a.c:f", "lines")
        self.assertEqual(list(shape.judge({key: 99}, {key: 100})), [])
        self.assertIn("at most 100", next(shape.judge({key: 101}, {key: 100})))
        self.assertIn("take it out", next(shape.judge({key: 70}, {key: 100})))
        self.assertIn("take it out", next(shape.judge({}, {key: 100})))
        self.assertIn("lower it", next(shape.judge({key: 75}, {key: 100})))

    def test_an_exception_needs_a_reason(self):
        allow = self.folder / "allow.txt"
        allow.write_text("a.c lines 90\n")
        self.assertEqual(len(shape.read_allowed(allow)[1]), 1)


class Web(unittest.TestCase):
    def red(self, **files):
        tree = {"src/session/refusal.def": 'REMEDY(X, "try again", "")\n',
                "src/studio/diagnostics.def": 'DIAGNOSTIC(Y, ERROR, "bad-y", "…")\n', "web/src/a.tsx": 't("a.b")', **files}
        return "\n".join(web.findings(sorted(tree), tree.__getitem__))

    def catalogue(self, name, words):
        return {f"web/messages/{name}.json": json.dumps(words)}

    def test_a_word_of_one_language_only(self):
        en, de = self.catalogue("en", {"a.b": "x {n}"}), self.catalogue("de", {})
        self.assertIn("in one of the languages only", self.red(**en, **de))

    def test_other_values_than_the_english(self):
        en, de = self.catalogue("en", {"a.b": "x {n}"}), self.catalogue("de", {"a.b": "x {m}"})
        self.assertIn("other {values}", self.red(**en, **de))

    def test_a_word_that_no_page_says(self):
        self.assertIn("a.c: no page says it", self.red(**self.catalogue("en", {"a.b": "", "a.c": ""})))
        begun = {"web/src/a.tsx": "t(`a.${what}`)"}
        self.assertEqual(self.red(**self.catalogue("en", {"a.b": "", "a.c": ""}), **begun), "")

    def test_what_the_server_says_has_words(self):
        self.assertIn("'try again': is missing", self.red(**self.catalogue("server.de", {})))
        self.assertIn("the server does not say it", self.red(**self.catalogue("server.en", {"try": "x"})))

    def test_what_the_checker_says_has_words(self):
        self.assertIn("'bad-y': is missing", self.red(**self.catalogue("checker.de", {})))

    def test_what_is_said_of_one_case_has_words(self):
        source = {"src/studio/check_x.c": '/* "no text" */ report(c, "no queue is called " "\'%.*s\' here", x);\n'}
        key = "no queue is called '{1}' here"
        self.assertEqual(self.red(**self.catalogue("findings.de", {key: "keine heißt {1}"}), **source), "")
        self.assertIn("is missing", self.red(**self.catalogue("findings.de", {}), **source))
        stale = self.red(**self.catalogue("findings.de", {key: "keine", "the queue is gone": "weg"}), **source)
        self.assertIn("the program does not say 'the queue is gone'", stale)
        self.assertIn("other {values}", self.red(**self.catalogue("findings.de", {key: "keine {2}"}), **source))

    def test_a_class_that_no_page_has(self):
        style = {"web/src/a.css": ".gone { color: red }\n.key-x { color: red }\n"}
        found = self.red(**style, **{"web/src/a.tsx": "`key-${colour}`"})
        self.assertEqual(found, "web/src/a.css: .gone: no page has this class")


class Hygiene(unittest.TestCase):
    def red(self, name, text, word):
        self.assertIn(word, "\n".join(hygiene.file_findings(name, text.encode())))

    def test_green(self):
        good = "/* a.h - x. */\n#ifndef BATON_BASE_A_H\n#define BATON_BASE_A_H\n#endif\n"
        good += "typedef enum bt_err step_fn(struct vm *vm);\n"
        self.assertEqual(list(hygiene.file_findings("src/base/a.h", good.encode())), [])

    def test_rules(self):
        self.red("a.md", "TO" + "DO later\n", "unfinished")
        self.red("a.md", "see /ho" + "me/someone/x\n", "one machine")
        self.red("a.py", "x \n", "blanks")
        self.red("a.py", "x\r\n", "carriage")
        self.red("a.py", "x", "no newline")
        self.red("a.c", "\tx;\n", "a tab")
        self.red("tools/a.c", "int x;\n", "first line")
        self.red("src/base/a.h", "/* a.h - x. */\n#ifndef A_H\n#define A_H\n#endif\n", "BATON_BASE_A_H")
        self.red("src/base/a.c", "f(){ strcpy (a, b); }\n", "strcpy")
        self.red("src/base/a.c", "#include <assert.h>\n", "assert")
        self.red("src/base/a.c", "typedef struct a b;\n", "typedef")
        self.red("src/base/a.c", "typedef enum {\n", "typedef")
        self.red("src/net/a.c", '#include "api/a_priv.h"\n', "private")
        self.red("a.md", "[x](no/such/file.md)\n", "nowhere")
        self.red("a/package-lock.json", '"resolved": "https://x"\n', "registry")
        self.red("a.c", "x" * hygiene.SIZE_MAX + "\n", "at most")
        self.assertIn("UTF-8", next(hygiene.file_findings("a.c", b"\xff\n")))

    def test_a_module_that_nobody_describes(self):
        files = {"ARCHITECTURE.md": "base/", "src/base/a.c": "", "src/net/a.c": ""}
        found = list(hygiene.tree_modules_described(files, files.get))
        self.assertEqual(found, ["ARCHITECTURE.md: does not name src/net"])

    def test_a_table_that_nobody_includes(self):
        files = {"src/a/used.def": "", "src/a/lost.def": "", "src/a/x.c": '#include "a/used.def"'}
        self.assertEqual(len(list(hygiene.tree_tables_used(files, files.get))), 1)


class Purity(InFolder):
    def found(self, source, allowed=(), *flags):
        library = compile_c(self.folder, source, *flags)
        return list(purity.findings(list(purity.symbols("nm", library)), dict.fromkeys(allowed, 1)))

    def test_a_call_out(self):
        source = "void *malloc(unsigned long); void *f(void); void *f(void) { return malloc(3); }"
        self.assertIn("uses malloc", self.found(source)[0])
        self.assertEqual(self.found(source, ["malloc"]), [])

    def test_variables_that_change(self):
        self.assertIn("(.bss)", self.found("static int n; int f(void); int f(void) { return n++; }")[0])
        self.assertIn("(.data)", self.found("int n = 3;")[0])
        self.assertIn("(*COM*)", self.found("int n;", (), "-fcommon")[0])

    def test_tables_do_not_change(self):
        self.assertEqual(self.found('const char *const t[] = {"a"}; const int u[] = {1};', (), "-fPIC"), [])

    def test_a_group_needs_a_reason(self):
        allow = self.folder / "allow.txt"
        allow.write_text("# Bytes.\nmemcpy\n\nmalloc\n")
        with self.assertRaises(SystemExit):
            purity.read_allowed(allow)


class Generated(InFolder):
    def run_main(self, *arguments):
        with contextlib.redirect_stdout(io.StringIO()):
            return generated.main([*arguments, "--", "echo", "fresh"])

    def test_stale_missing_and_written(self):
        path = self.folder / "deep" / "doc.md"
        self.assertEqual(self.run_main(str(path)), 1)
        self.assertEqual(self.run_main("--write", str(path)), 0)
        self.assertEqual(self.run_main(str(path)), 0)
        path.write_text("edited by hand\n")
        self.assertEqual(self.run_main(str(path)), 1)


class Format(unittest.TestCase):
    def test_a_crooked_file(self):
        style = ["clang-format-14", f"--style=file:{TOOLS.parent}/.clang-format", "--dry-run", "-Werror"]
        crooked = subprocess.run(style, input=b"int  f( void ){return 1;}\n", stderr=subprocess.DEVNULL)
        straight = subprocess.run(style, input=b"int n;\n", stderr=subprocess.DEVNULL)
        self.assertEqual((crooked.returncode, straight.returncode), (1, 0))


class Tidy(InFolder):
    def run_tidy(self, source):
        file = self.folder / "x.c"
        file.write_text(source)
        entry = {"directory": str(self.folder), "command": "clang-14 -c x.c -o x.o", "file": str(file)}
        (self.folder / "compile_commands.json").write_text(json.dumps([entry]))
        return subprocess.run([sys.executable, TOOLS / "tidy.py", "--build", self.folder, "--stamps", self.folder],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def test_a_finding(self):
        found = self.run_tidy("int f(int a);\nint f(int a) {\n  if (a)\n    return 1;\n  return 2;\n}\n")
        self.assertEqual(found.returncode, 1)
        self.assertIn("readability-braces-around-statements", found.stdout)

    def test_what_passed_is_not_looked_at_again(self):
        source = "int f(void);\nint f(void) {\n  return 1;\n}\n"
        self.assertIn("1 looked at, 0 with findings", self.run_tidy(source).stdout)
        self.assertIn("0 looked at, 0 with findings", self.run_tidy(source).stdout)


class Spin(InFolder):
    MODEL = "byte n;\nactive proctype A() { n = 1; assert(n == %s) }\nltl ends { <> (n == %s) }\n"

    def run_spin(self, *values):
        model = self.folder / "m.pml"
        model.write_text(self.MODEL % values)
        return subprocess.run([sys.executable, TOOLS / "spin.py", model], stdout=subprocess.PIPE, text=True)

    def test_assertions_and_claims(self):
        self.assertEqual(self.run_spin("1", "1").returncode, 0)
        bad = self.run_spin("2", "3")
        self.assertEqual(bad.returncode, 1)
        self.assertRegex(bad.stdout, r"assertions and deadlocks: \d+ states, FAILS")
        self.assertRegex(bad.stdout, r"ltl ends: \d+ states, FAILS")


if __name__ == "__main__":
    unittest.main()
