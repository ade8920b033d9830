// SPDX-License-Identifier: MIT
// From the commands' documents, and from files of crash reports, to what the pages show.
#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QTest>

#include "core/change.hpp"
#include "core/crash_report.hpp"
#include "core/examination.hpp"
#include "core/launch.hpp"
#include "core/live.hpp"
#include "core/plan_model.hpp"
#include "fixture.hpp"
#include "pages/sensor_chart.hpp"

namespace {

using namespace Qt::StringLiterals;
using namespace rocmfix::gui;
using rocmfix::CheckVerdict;

QJsonObject json(const QByteArray& text) {
  return QJsonDocument::fromJson(text).object();
}

const QByteArray doctor = R"({"machine":{"gpus":[{"supported":true}]},"checks":[
  {"id":"configuration","verdict":"ok","summary":"fine","command":null,"evidence":[],"grade":"S",
   "source":"x.c"},
  {"id":"driver-parameters","verdict":"problem","summary":"noretry=0","gpu":"0000:03:00.0",
   "command":"sudo rocmfix apply","evidence":["/proc/cmdline: 0"],"remedy":"Apply.","grade":"U",
   "source":"#1"},
  {"id":"device-access","verdict":"warning","summary":"no group","command":"sudo usermod -aG render me",
   "evidence":[],"grade":"?","source":"udev"},
  {"id":"new-one","verdict":"something","summary":"later","evidence":[],"grade":"S","source":"y"}]})";

class DocumentsTest : public QObject {
  Q_OBJECT

 private slots:
  void findings_come_worst_first_with_what_helps() {
    const auto rows = findings_of(json(doctor));
    QCOMPARE(rows.size(), 4);
    QVERIFY(rows.at(0).verdict == CheckVerdict::problem);
    QVERIFY(rows.at(1).verdict == CheckVerdict::warning);
    QVERIFY(rows.at(2).verdict == CheckVerdict::unknown);
    QVERIFY(rows.at(3).verdict == CheckVerdict::ok);
    QCOMPARE(rows.at(0).evidence, QStringList{u"/proc/cmdline: 0"_s});
    QCOMPARE(rows.at(0).source, u"reported by users: #1"_s);
    QVERIFY(!rows.at(0).title.isEmpty());
  }

  void rocmfix_fixes_what_it_can_and_nothing_else() {
    const auto rows = findings_of(json(doctor));
    QCOMPARE(rows.at(0).fix(), QStringList{u"apply"_s});
    QVERIFY(rows.at(1).fix().isEmpty());
    FindingRow row;
    row.command = u"sudo rocmfix livepatch on"_s;
    QCOMPARE(row.fix(), (QStringList{u"livepatch"_s, u"on"_s}));
    row.command = u"sudo rocmfix apply; rm -rf /"_s;
    QVERIFY(row.fix().isEmpty());
  }

  void the_conclusion_counts_and_knows_a_machine_without_a_card() {
    QCOMPARE(conclusion_of(json(doctor)), u"1 problem(s), 1 warning(s)"_s);
    QVERIFY(conclusion_of(json(R"({"machine":{"gpus":[{"supported":true}]},"checks":[]})"))
                .startsWith(u"Nothing was found"_s));
    QCOMPARE(conclusion_of(json(R"({"checks":[{"verdict":"warning"}]})")), u"1 warning(s)"_s);
    QVERIFY(conclusion_of(json(R"({"machine":{"gpus":[]},"checks":[]})")).startsWith(u"No card"_s));
  }

  void a_card_is_shown_with_what_is_in_force() {
    const QByteArray text = R"({"gpus":[{"name":"RX 5600 XT","gfx":"gfx1010","bdf":"0000:03:00.0",
      "vram_bytes":6442450944,"supported":true},{"name":"RX 7900 XTX","gfx":"gfx1100","bdf":"b",
      "vram_bytes":null,"supported":false}],"driver":{"loaded":true,"rocmfix":{"installed":true,
      "active":true,"carrier":"livepatch"}}})";
    const QStringList cards = cards_of(json(text));
    QCOMPARE(cards.size(), 2);
    QVERIFY(cards.at(0).contains(u"RX 5600 XT (gfx1010), 6.0 GiB"_s));
    QVERIFY(cards.at(0).contains(u"livepatch is in force"_s));
    QVERIFY(cards.at(1).contains(u"leaves it alone"_s));
    QVERIFY(cards_of(json(R"({"gpus":[],"driver":{}})")).first().contains(u"no AMD GPU"_s));
  }

  void only_parameters_that_are_proposed_can_be_left_out() {
    PlanModel model;
    model.set_plan(json(R"({"settings":[
      {"layer":"module","name":"noretry","current":"-1","configured":null,"proposed":"1",
       "effect":"useful","reason":"r","source":"s"},
      {"layer":"module","name":"gttsize","current":"","configured":null,"proposed":null,
       "effect":"no-op","reason":"r","source":""},
      {"layer":"environment","name":"HIP_X","current":null,"configured":null,"proposed":"1",
       "effect":"useful","reason":"r","source":"s"}]})"));
    QCOMPARE(model.rowCount(), 3);
    QVERIFY(model.applicable());
    QCOMPARE(model.index(0, PlanModel::configured).data().toString(), u"–"_s);
    QCOMPARE(model.index(1, PlanModel::current).data().toString(), u"\"\""_s);
    for (const int row : {1, 2}) {
      QVERIFY((model.flags(model.index(row, 0)) & Qt::ItemIsUserCheckable) == 0);
      QVERIFY(!model.setData(model.index(row, 0), Qt::Unchecked, Qt::CheckStateRole));
    }
    QSignalSpy changes(&model, &PlanModel::left_out_changed);
    QVERIFY(model.left_out().isEmpty());
    QVERIFY(model.setData(model.index(0, 0), Qt::Unchecked, Qt::CheckStateRole));
    QCOMPARE(changes.size(), 1);
    QCOMPARE(model.left_out(), (QStringList{u"--without"_s, u"noretry"_s}));
  }

  void what_was_left_out_stays_out_when_the_plan_is_read_again() {
    const QJsonObject plan = json(R"({"settings":[{"layer":"module","name":"noretry",
      "proposed":"1"}]})");
    PlanModel model;
    model.set_plan(plan);
    model.setData(model.index(0, 0), Qt::Unchecked, Qt::CheckStateRole);
    model.set_plan(plan);
    QCOMPARE(model.index(0, 0).data(Qt::CheckStateRole).toInt(), int(Qt::Unchecked));
  }

  void a_change_names_what_wins_over_it() {
    const Change change = Change::of(json(R"({"changed":true,"file":"/etc/f","text":"t",
      "reboot_needed":true,"notes":["kept"],"conflicts":[{"file":"/etc/z.conf","line":3,
      "wins":true,"remedy":"remove it"},{"file":"/etc/a.conf","line":1,"wins":false}],
      "faulty_lines":[{"file":"/etc/b.conf","line":2,"remedy":"no blanks"}]})"));
    QVERIFY(change.changed && change.reboot_needed);
    QCOMPARE(change.notes.size(), 3);
    QVERIFY(change.notes.at(1).startsWith(u"/etc/z.conf:3 wins"_s));
    QVERIFY(change.notes.at(2).contains(u"/etc/b.conf:2"_s));
  }

  void a_crash_report_is_put_in_words() {
    const CrashReport report = parse_crash_report(u"/s/1795821132-7-0123456789abcdef.json"_s, R"({
      "kind":"gpu_memory_fault","summary":"past the end","command":["python3","train.py"],
      "attempt":2,"retries":5,"measures":["miopen-solvers"],"decision":{"verdict":"spent"},
      "incidents":[{"causes":[{"id":"isa-mismatch","confidence":"likely","grade":"S","source":"a.c",
      "remedy":"install","check":"doctor"}]}],"lines":[{"source":"kernel","text":"page fault"}]})");
    QCOMPARE(report.what, u"GPU memory fault"_s);
    QCOMPARE(report.program, u"python3 train.py"_s);
    QCOMPARE(report.time.toSecsSinceEpoch(), 1795821132);
    QCOMPARE(report.causes.size(), 1);
    QVERIFY(report.tried.contains(u"Attempt 2, with miopen-solvers (MIOpen"_s));
    QVERIFY(report.tried.contains(u"Not started again: the retries are used up"_s) ||
            report.tried.contains(u"Not started again: "_s));
    const QString text = full_text(report);
    for (const QString& part : {u"past the end"_s, u"isa-mismatch (likely"_s, u"page fault"_s}) {
      QVERIFY2(text.contains(part), qPrintable(part));
    }
  }

  void a_hostile_report_is_only_shown() {
    const CrashReport report = parse_crash_report(
        u"x.json"_s,
        "{\"kind\":[],\"summary\":\"\\u001b[31m<b>red\\nforged\",\"command\":[7,{}],"
        "\"incidents\":[1,{\"causes\":{}}],\"measures\":\"no\",\"attempt\":\"z\"}");
    QVERIFY(!report.where.contains(u'\x1b'));
    QVERIFY(!report.where.contains(u'\n'));
    QVERIFY(report.tried.contains(u"Attempt ?"_s));
    QCOMPARE(parse_crash_report(u"x.json"_s, "not json").what, u"Not a report"_s);
  }

  void only_own_files_of_a_report_are_read_the_newest_first() {
    const QTemporaryDir place;
    const QString folder = place.filePath(u"incidents"_s);
    write(folder + u"/100-7-0123456789abcdef.json"_s, R"({"kind":"gpu_hang"})");
    write(folder + u"/200-7-0123456789abcdef.json"_s, R"({"kind":"gpu_memory_fault"})");
    write(folder + u"/notes.json"_s, "{}");
    write(place.filePath(u"outside"_s), "{}");
    QFile::link(place.filePath(u"outside"_s), folder + u"/300-7-0123456789abcdef.json"_s);
    const auto reports = read_crash_reports(folder);
    QCOMPARE(reports.size(), 2);
    QCOMPARE(reports.at(0).what, u"GPU memory fault"_s);
    QCOMPARE(reports.at(1).what, u"GPU hang"_s);
    QFile(folder).setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner |
                                 QFile::WriteOther | QFile::ExeOther);
    QVERIFY(read_crash_reports(folder).isEmpty());
  }

  void a_run_under_way_is_found_with_its_attempt_and_mitigations() {
    const QTemporaryDir proc;
    const auto process = [&](int pid, int parent, const QByteArray& name,
                             const QByteArray& environment) {
      const QString folder = proc.filePath(QString::number(pid));
      write(folder + u"/stat"_s,
            QByteArray::number(pid) + " (" + name + ") S " + QByteArray::number(parent) + " 1 1");
      write(folder + u"/environ"_s, environment);
      write(folder + u"/cmdline"_s, QByteArray("python3\0train.py\0", 17));
    };
    process(10, 1, "rocmfix-run", "");
    process(11, 10, "py) S 1 (",
            QByteArray("A=1\0ROCMFIX_REPORT_TAG=0\0ROCMFIX_ATTEMPT=2\0"
                       "ROCMFIX_MITIGATIONS=miopen-solvers\0",
                       78));
    process(12, 10, "rocmfix-guard", QByteArray("ROCMFIX_REPORT_TAG=0\0", 21));
    process(13, 10, "helper", "A=1");
    process(14, 1, "python3", QByteArray("ROCMFIX_REPORT_TAG=0\0", 21));
    const auto runs = read_live_runs(proc.path());
    QCOMPARE(runs.size(), 1);
    QCOMPARE(runs.at(0).pid, 11);
    QCOMPARE(runs.at(0).attempt, u"2"_s);
    QCOMPARE(runs.at(0).mitigations, u"miopen-solvers"_s);
    QCOMPARE(runs.at(0).command, u"python3 train.py"_s);
  }

  void sensors_are_of_the_card_that_is_asked_for() {
    const rocmfix::trial::Conditions sensors = {
        {"busy_percent", 5}, {"busy_percent.1", 90}, {"vram_used_mib.1", 1024}, {"power_w.1", 120}};
    const SensorValues second = sensor_values(sensors, ".1", 4ULL << 30U);
    QCOMPARE(second.at(0).value_or(-1), 90.0);
    QCOMPARE(second.at(1).value_or(-1), 25.0);
    QVERIFY(!second.at(2));
    QCOMPARE(second.at(3).value_or(-1), 120.0);
    QVERIFY(!sensor_values(sensors, ".1", std::nullopt).at(1));
  }

  void a_launch_is_the_command_that_would_be_typed() {
    const Launch launch{{u"python3"_s, u"train.py"_s}, 3, {}};
    QStringList words = launch.command({}, {u"--dry-run"_s});
    QVERIFY(words.takeFirst().endsWith(u"rocmfix-run"_s));
    QCOMPARE(words, (QStringList{u"--dry-run"_s, u"--retries"_s, u"3"_s, u"--"_s, u"python3"_s,
                                 u"train.py"_s}));
    const Launch simulated{{u"true"_s}, 0, u"rx5600xt"_s};
    QCOMPARE(simulated.command({u"/root-dir"_s}).mid(1),
             (QStringList{u"--simulate"_s, u"rx5600xt"_s, u"--"_s, u"true"_s}));
    QCOMPARE(Launch{}.command({u"/root-dir"_s}).mid(1),
             (QStringList{u"--root"_s, u"/root-dir"_s, u"--"_s}));
  }

  void what_would_be_set_is_said_with_the_reason() {
    const auto variables = variables_of(json(R"({"set":[{"name":"A","value":"1","reason":"r"}],
      "kept":[],"warnings":[{"name":"B","value":"2","reason":"bad"}],
      "advice":[{"name":"","reason":"no code","command":"pip install x"}]})"));
    QCOMPARE(variables.size(), 3);
    QCOMPARE(variables.at(0).why, u"set: r"_s);
    QCOMPARE(variables.at(1).why, u"warning: bad"_s);
    QCOMPARE(variables.at(2).why, u"not set: no code; pip install x"_s);
  }
};

}  // namespace

QTEST_GUILESS_MAIN(DocumentsTest)
#include "documents_test.moc"
