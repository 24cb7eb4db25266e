/* The checker's findings beside the handover check. */
#include "stories.h"

static const struct story stories[] = {
    {"a variable that nothing sets", "total = 1\nTRACE totl\n",
     "2 unset-variable"},
    {"a variable that is read before it is set", "TRACE a\na = 1\n",
     "1 unset-variable"},
    {"a variable that a function sets",
     "TRACE global:a\nFUNCTION f() { global:a = 1 }\n", ""},
    {"lines behind RETURN", "TRACE 1\nRETURN\nTRACE 2\nTRACE 3\n",
     "3 unreachable"},
    {"lines behind an IF that always leaves",
     "IF GetSessionInfo().id = 1 { RETURN } ELSE { EXIT }\nTRACE 2\n",
     "2 unreachable"},
    {"a member under another case", "s = GetSessionInfo()\nTRACE s.ID\n",
     "2 member-case"},
    {"a member that the script itself spells otherwise",
     "DYNAMIC o\no.Name = 1\nTRACE o.name\n", "3 member-case"},
    {"a member that is made on the way to another",
     "DYNAMIC o\no.ship.city = 1\no.list[1].x = 1\n"
     "TRACE o.ship\nTRACE o.Ship\nTRACE o.List\n",
     "5 member-case, 6 member-case"},
    {"+ that ignores a text", "a = \"abc\"\nTRACE 123 + 456 + a\n",
     "2 ignored-text"},
    {"+ that joins", "a = \"abc\"\nTRACE \"x\" + a\n", ""},
    {"JSON as form data",
     "p = GetRESTProxy()\n"
     "DYNAMIC o\no.a = 1\n"
     "p.MakeRestRequest(\"/x\", o.asjson(), 0, \"POST\")\n",
     "4 form-json"},
    {"JSON as JSON",
     "p = GetRESTProxy()\np.ContentType = \"application/json\"\n"
     "p.MakeRestRequest(\"/x\", '{\"a\":1}', 0, \"POST\")\n",
     ""},
    {"a transfer whose answer nobody looks at",
     "Transfer(GetSessionInfo().id, \"A\", \"when:released\")\n",
     "1 missing-fallback"},
    {"the same, kept and not read",
     "r = Transfer(GetSessionInfo().id, \"A\", \"when:released\")\n",
     "1 missing-fallback"},
    {"the last resort needs none",
     "s = GetSessionInfo()\n"
     "r = ReqAgent(\"A\")\n"
     "IF r.code != 200 { Transfer(s.id, \"B\", \"when:released\") }\n"
     "ON Error {\n  EndConversation()\n  Transfer(s.id, \"B\")\n}\n",
     ""},
    {"OR with a literal alone",
     "s = GetSessionInfo()\n"
     "IF s.status = \"idle\" OR \"queued\" { TRACE 1 }\n"
     "IF s.status == \"idle\" & 1 { TRACE 2 }\n",
     "2 constant-condition, 3 constant-condition"},
    {"a whole answer in a condition",
     "r = ReqAgent(\"A\")\n"
     "IF r { TRACE 1 }\n"
     "IF r = 200 { TRACE 2 }\n"
     "IF NOT r { TRACE 3 }\n"
     "IF r.code = 200 { TRACE 4 }\n"
     "IF r = null { TRACE 5 }\n",
     "1 transfer-refused, 2 answer-compared, 3 answer-compared, 4 "
     "answer-compared"},
    {"a member that no text has",
     "s = \"hello\"\nt = s.upper\nTRACE \"{s.lenght}{'x'.len}{now().hour}\"\n"
     "n$ = 5\nTRACE n$.trim\nTRACE t.size + s.length\n",
     "2 unknown-member, 3 unknown-member, 3 unknown-member, 3 "
     "unknown-member, 5 unknown-member"},
    {"a member of what may be an object",
     "s = fromjson('{\"upper\":1}')\nTRACE s.upper\nDYNAMIC o\n"
     "TRACE o.trim\nt = \"a\"\nt = GetSessionInfo()\nTRACE t.status\n"
     "FUNCTION f(x) { RETURN x.left }\nTRACE f(o)\n",
     ""},
    {"an index that no element has",
     "l = fromjson('[1]')\nTRACE l[0]\nTRACE \"a|b\"[-1]\nTRACE l[1]\n",
     "2 bad-index, 3 bad-index"},
    {"a loop from 0 over elements",
     "l = \"a|b\"\nFOR i = 0 TO l.size - 1 { TRACE \"{l[i]}\" }\n"
     "FOR i = 0 TO 1 { IF i > 0 { TRACE l[i] } }\n"
     "FOR i = 0 TO 1 { TRACE l[i + 1] }\n"
     "FOR i = 1 TO 2 { TRACE l[i] }\nFOR i = 0 TO 1 {\n i = i + 1\n"
     " TRACE l[i]\n}\n",
     "2 bad-index"},
    {"a text as the payload of a transfer",
     "r = Transfer('{\"queueId\":\"A\"}')\nTRACE r.code\n",
     "1 transfer-refused, 1 bad-option"},
    {"= twice in one line", "a = 1\nb = a = 1\nc = a == 1\nTRACE \"{b}{c}\"\n",
     "2 equality-as-value"},
    {"a branch that asks again",
     "a = val(\"1\")\n"
     "IF a = 1 { TRACE 1 } ELSE IF a = 2 { TRACE 2 } ELSE IF a = 1 { TRACE 3 }\n"
     "SWITCH a {\n  CASE 1\n  CASE 2 { TRACE 4 }\n  CASE 1 { TRACE 5 }\n}\n",
     "2 unreachable, 6 unreachable"},
    {"behind throw()", "\"no\".throw()\nTRACE 1\n", "2 unreachable"},
    {"statuses that are none",
     "s = GetSessionInfo()\n"
     "IF s.status = \"ended\" { TRACE 1 }\n"
     "w = WaitFor(s.id, \"idel\", 5)\n"
     "SWITCH s.status {\n  CASE \"Active\" { TRACE w.code }\n"
     "  CASE \"busy\" { TRACE 2 }\n}\n",
     "2 unknown-status, 3 unknown-status, 6 unknown-status"},
    {"members of the session",
     "s = GetSessionInfo()\n"
     "TRACE s.waitSeconds\nTRACE s.sessionId\nTRACE s.waitseconds\n",
     "3 unknown-member, 4 member-case"},
    {"members of a proxy",
     "p = GetRESTProxy()\np.contentType = \"application/json\"\n"
     "TRACE p.StatusCode\nTRACE p.statusCode\n",
     "2 member-case, 4 member-case"},
    {"texts of answers in +",
     "s = GetSessionInfo()\nt = s.id + s.channel\nTRACE \"is \" + s.id + t\n",
     "2 ignored-text, 2 ignored-text"},
    {"a header is a content type too",
     "p = GetRESTProxy()\np.AddHeader(\"Content-type\", "
     "\"application/json\")\n"
     "p.MakeRestRequest(\"/x\", '{\"a\":1}', 0, \"POST\")\n",
     ""},
    {"requests that will be refused",
     "p = GetRESTProxy()\n"
     "p.MakeRestRequest(\"/x\", \"a=1\", 0, \"GET\")\n"
     "p.MakeRestRequest(\"/x\", \"\", 7, \"GET\")\n"
     "p.MakeRestRequest(\"/x\", \"\", \"XML\", \"FETCH\")\n",
     "2 get-with-body, 3 bad-request, 4 bad-request"},
    {"pasted characters are only noted", "TRACE \xE2\x80\x9Chi\xE2\x80\x9D\n",
     "[1 pasted-character]"},
};

static void test_stories(void **state) {
  (void)state;
  run_stories(stories, sizeof stories / sizeof stories[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_stories),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
