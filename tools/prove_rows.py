"""prove_rows.py - the rows of the scoreboard: what is promised, and how it is measured.

A row has steps that measure it and steps that are its negative control: a broken
build, setting or history that the same measurement must notice. A step is a
command (words in braces are filled in by prove.py) and a pattern for the figure
in what it prints. `missing` says what of the target nothing measures yet; a row
without a control does not count as measured.
"""
import collections

Step = collections.namedtuple("Step", "command figure")
Row = collections.namedtuple("Row", "number title target measure control missing")


def step(command, figure):
    return Step(command, figure)


def ctest(names, build="{gcc}"):
    """Tests of ctest by a pattern of their names."""
    return Step(f"ctest --test-dir {build} --output-on-failure -R ^({names})$", r"\d+% tests passed.*")


def unit(name, figure=r"\[  PASSED  \] .*"):
    return Step("{gcc}/test_" + name, figure)


def cases(what, figure, setting="BATON_TEST_LAX="):
    """Played frame by frame, line by line, against net's server; or against a lax one."""
    return Step(f"env BATON_TEST_SERVER={{gcc}}/tests/conformance/conformance_net {setting} "
                f"node --test --test-reporter=tap tests/conformance/net/{what}_cases.test.mjs", figure)


ROWS = [
    Row(1, "kill -9 under load",
        "200 kills: 0 answered commands lost, 0 sessions with two holders, restart to serving p99 ≤ 1 s at 100,000 open sessions",
        [step("{python} tests/crash/crash.py {gcc}/baton --rounds 200", r"\d+ rounds, .*|\d+ failures"),
         step("{python} tests/crash/restart.py {gcc}/baton --sessions 100000", r"\d+ open sessions: .*")],
        [step("{python} tests/crash/crash.py {gcc}/baton --control", r"the checker finds \d+ things lost")],
        ""),
    Row(2, "power cut",
        "every write of a scripted run on a disk that forgets what was not synced: 0 lost, replay equal to the byte",
        [step("{gcc}/test_journal_power --all", r"\d+ crash points.*"), unit("journal_load")],
        [step("{gcc}/test_journal_power --control", r"without syncs: .*")],
        ""),
    Row(3, "faults of the system",
        "the n-th write, fsync, open, rename, allocation fails, once and for ever; ENOSPC and back; memory limit: "
        "0 crashes, 0 false answers, 503, recovers by itself",
        [unit("journal_sync"), unit("journal_writer"), unit("domain_faults"), unit("api_disk"), unit("net_memory"),
         step("{python} tests/crash/full.py {gcc}/baton", r"\d+ sessions asked for.*"),
         step("{python} tests/faults/faults.py {gcc}/baton {gcc}/tests/faults/faults.so --seconds 25",
              r"\w+, (?:once|for ever|at the start): .*|memory limit of .*|\d+ faults: .*"), ctest("faults\\.again")],
        [step("{gcc}/sim/baton-sim-planted --plant early-durable --hours 4 --shrink 0 --scenario {tmp}/control",
              r"\w+ does not hold.*"),
         step("{python} tests/faults/faults.py {gcc}/baton {gcc}/tests/faults/faults.so --control", r"a disk that lies .*"),
         step("{python} tests/faults/faults.py {gcc}/baton {gcc}/tests/faults/faults.so --stay", r"a server that does not start .*")],
        "of allocations, of which a life and a start make thousands, as many fail in turn as fit into the time, evenly"),
    Row(4, "clock",
        "±1 h steps, a hundred times speed, year 2038, daylight saving: 0 timers early or late by more than 1 s",
        [unit("server_clock"), unit("base_timers"), unit("base_tz"),
         step("{gcc}/sim/baton-sim --hours 24 --scenario {tmp}/found", r"every check holds"),
         step("{python} tests/faults/clock.py {gcc}/baton {gcc}/tests/faults/clock.so",
              r".*: \d+ timers, .*|daylight saving .*|\d+ timers or calendars .*")],
        [step("{gcc}/sim/baton-sim-planted --plant timers-late --hours 4 --shrink 0 --scenario {tmp}/control",
              r"moves does not hold.*"),
         step("{python} tests/faults/clock.py {gcc}/baton {gcc}/tests/faults/clock.so --control", r"the measurement finds .*")],
        "at a hundred times the speed 10 ms are a second: 60 ms of the machine's own are allowed besides"),
    Row(5, "exhaustive exploration",
        "worlds printed, 0 violations, table mutants ≥ 95 % killed; the Promela model agrees",
        [step("{gcc}/explore_session", r"\d+ worlds.*"), step("{gcc}/explore_agent", r"\d+ worlds.*"),
         step("{gcc}/explore_routing", r"\w+ +\d+ states.*"),
         step("{python} tools/spin.py model/session.pml", r".*: .* states, holds")],
        [step("{gcc}/mutate_session", r"\d+ mutants.*"), step("{gcc}/mutate_routing", r"\d+ faults.*")],
        ""),
    Row(6, "deterministic simulation",
        "≥ 333 simulated hours in 10 min on two cores, 0 violations; same seed, same hash; a failing seed becomes a scenario",
        [step("{python} sim/sim.py run {gcc}/sim/baton-sim --hours 333", r"seed 1, 333 hours.*|read: .*|hash.*|every check holds"),
         step("{python} sim/sim.py run {gcc}/sim/baton-sim --wires frames --hours 333", r"hash.*|every check holds"),
         step("{python} sim/sim.py shrinks {gcc}/sim/baton-sim-planted {gcc}/baton", r"made short.*")],
        [step("{python} sim/sim.py plants {gcc}/sim/baton-sim-planted", r"\d+ wrong")],
        "bytes go through net, api and bots over a libuv of the simulator's own; not in it are event streams, files, people who sign in, TLS, "
        "facades, and bots and hosts that the server calls"),
    Row(7, "linearizability",
        "the histories recorded in row 1: 0 illegal",
        [step("{python} tests/crash/crash.py {gcc}/baton --rounds 200", r"\d+ operations on .*")],
        [step("{python} tests/crash/linear.py --control", r"\d+ legal and .*"),
         step("{python} tests/crash/crash.py {gcc}/baton --control", r"one read of the recorded history.*: noticed")],
        "histories of row 12"),
    Row(8, "fuzzing",
        "10⁷ executions over each parser with ASan and UBSan: 0 crashes, leaks, hangs",
        [step("{python} tests/fuzz/count.py {clang} --seconds 35", r"\d+ parsers, .*")],
        [ctest("fuzz\\.planted", "{clang}")],
        "10⁷ executions of every parser: on 2026-11-23 json, jwt, http, record, command, studio and format (inputs of up to 128 bytes) and engineio (256) had them, each in one run under both "
        "sanitizers with 0 findings, parse (128) in an earlier one; the others have not: config (YAML; 5.7 million of up to 256) and scenario, image (3 million), "
        "plan, ws, bytecode, api. Small ones take a minute, others an hour: `cmake --preset fuzz && ninja -C build/fuzz && python3 tests/fuzz/count.py build/fuzz --runs 10000000`. "
        "SIP/SDP is not here"),
    Row(9, "torture suites",
        "WebSocket, HTTP/1.1, HTTP/2, JSON, JWS suites by others: 0 failed",
        [ctest("scenario\\.json_suite|conformance\\..*"), cases("websocket", r"\d+ cases of .*"), cases("http", r"\d+ cases of .*")],
        [step("env BATON_JSON=planted node --test --test-reporter=tap tests/scenario/json_suite.test.mjs", r'n_\w+\.json: \{"code":200'),
         cases("websocket", r"not ok \d+ - 6 UTF-8.*", "BATON_TEST_LAX=planted"), cases("http", r"not ok \d+ - RFC 9112 7.1.*", "BATON_TEST_LAX=planted")],
        "suites by others but for JSON (nst's JSONTestSuite): those for HTTP/1.1 and WebSocket need what Debian does not have "
        "(Python 2, .NET), and their cases are played by number and section; dropseed's h1spec, by hand and in strict mode, passes "
        "33 of 33; JWS is fuzzed and tested by cases of our own; "
        "HTTP/2 is not spoken (ADR 0062)"),
    Row(10, "slow and idle attackers",
        "others served within 1 s, slow ones closed within 30 s, memory bounded, no TLS finding",
        [step("{python} tests/load/slow.py {gcc}/baton", r"\d+ slow and idle connections: .*"),
         step("{python} tests/load/tls.py {gcc}/baton", r"\d+ things looked at, .*"),
         unit("net_pressure"), unit("net_many"), unit("net_limits"), unit("net_deadline")],
        [step("{python} tests/load/slow.py {gcc}/baton --idle 500 --slow 90 --patient", r"with a server that waits for ever: noticed"),
         step("{python} tests/load/tls.py {gcc}/baton --weak", r"\d+ things looked at, .*")],
        ""),
    Row(11, "flood",
        "ten times capacity: agents keep working, refusals typed with Retry-After, memory bounded, p99 ≤ 2×",
        [step("{python} tests/load/flood.py {gcc}/baton", r"\d+ lives/s beside .*"), ctest("scenario\\.rate"), unit("net_hurry")],
        [step("{python} tests/load/flood.py {gcc}/baton --open", r"without a rate: noticed")],
        "a flood of bots, and one at ten times what the machine can do: ours is ten times what the rate lets in"),
    Row(12, "three nodes",
        "leader cut, one-way cut, killed, frozen, in turn for 5 min",
        [], [], "the cluster is not here yet"),
    Row(13, "authorization",
        "every route × role × {own, same tenant, other tenant} × {valid, expired, revoked, other session's}: 0 allowed of M",
        [step("node --test --test-reporter=tap tests/scenario/roles.test.mjs", r"\d+ refused, \d+ allowed, .*"),
         step("node --test --test-reporter=tap tests/scenario/tenants.test.mjs", r"\d+ refused, 0 allowed .*"),
         step("node --test --test-reporter=tap tests/scenario/tokens.test.mjs", r"\d+ refused of .*"),
         step("node --test --test-reporter=tap tests/scenario/scope.test.mjs", r"the Genesys-compatible API: .*")],
        [step("env BATON_ROLES=planted node --test --test-reporter=tap tests/scenario/roles.test.mjs",
              r"\w+: GET /sessions/ID/timeline: 200"),
         step("env BATON_TENANTS=planted node --test --test-reporter=tap tests/scenario/tenants.test.mjs", r"not ok 3 .*")],
        ""),
    Row(14, "outgoing calls",
        "150 forms of addresses, rebinding resolver, redirects: 0 canary hits",
        [unit("net_ssrf", r"\d+ forms.*")],
        [step("{gcc}/test_net_ssrf --control", r"opened on purpose: .*")],
        ""),
    Row(15, "privacy",
        "erase a person, pause for card data, log redaction; then search every file for the canaries: 0 found",
        [step("node --test --test-reporter=tap tests/scenario/privacy.test.mjs", r"after: \d+ canaries.*"),
         step("node --test --test-reporter=tap tests/scenario/audit.test.mjs", r"pass \d+"), unit("vault_vault"), unit("base_cards"),
         ctest("faults\\.erase"),
         step("{python} tests/faults/memory.py {gcc}/baton {gcc}/tests/faults/clock.so", r"after: \d+ times in .*")],
        [step("node --test --test-reporter=tap tests/scenario/privacy.test.mjs", r"before: \d+ canaries.*|control: .*"),
         step("{python} tests/faults/memory.py {gcc}/baton {gcc}/tests/faults/clock.so --early", r"after: \d+ times in .*")],
        "the memory of a running server is searched a minute after the session's end, when it has left the engine; answers that are kept for "
        "repeated requests (Idempotency-Key) hold what was answered for 24 hours"),
    Row(16, "soak",
        "an hour at half capacity: RSS, descriptors and latency flat",
        [step("{python} tests/load/soak.py {gcc}/baton --minutes 5", r"\d+ minutes at .*")],
        [step("{python} tests/load/soak.py {gcc}/baton --minutes 2 --leak", r"\d+ sessions that nobody ends: noticed")],
        "the hour at half capacity: `tests/load/soak.py build/gcc/baton`; here five minutes. An hour beside other work, at 60 lives "
        "a second (`--rate 60`), was flat: 216,000 lives, 0 failed, memory 63.6 -> 63.6 MiB, 28 -> 28 descriptors (2026-11-23)"),
]
