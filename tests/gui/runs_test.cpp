// SPDX-License-Identifier: MIT
// Crash reports, what runs now, and starting a program.
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTreeWidget>
#include <optional>

#include "fixture.hpp"
#include "pages/live_view.hpp"
#include "pages/report_dialog.hpp"
#include "pages/runs_page.hpp"
#include "pages/start_page.hpp"

namespace {

using namespace Qt::StringLiterals;
using namespace rocmfix::gui;

class RunsTest : public QObject {
  Q_OBJECT

 private:
  std::optional<Home> home_;

 private slots:
  void init() { home_.emplace(); }

  void a_crash_report_appears_while_the_page_is_open() {
    RunsPage page(Subject{root(u"no-amd"_s)});
    page.show();
    auto& table = find<QTableView>(page, "reports");
    auto& text = find<QPlainTextEdit>(page, "report");
    QVERIFY(text.toPlainText().contains(u"no crash reports"_s));
    QVERIFY(!find<QPushButton>(page, "bundle").isEnabled());
    home_->put_report(100, R"({"kind":"gpu_memory_fault","summary":"the first"})");
    QTRY_COMPARE_WITH_TIMEOUT(table.model()->rowCount(), 1, patience_ms);
    QTRY_VERIFY(text.toPlainText().contains(u"the first"_s));
    home_->put_report(200, R"({"kind":"gpu_hang","summary":"the second"})");
    QTRY_COMPARE_WITH_TIMEOUT(table.model()->rowCount(), 2, patience_ms);
    // What is read stays, and is the second in the list now.
    QVERIFY(text.toPlainText().contains(u"the first"_s));
    QCOMPARE(table.currentIndex().row(), 1);
    find<QPushButton>(page, "copy").click();
    QVERIFY(QGuiApplication::clipboard()->text().contains(u"the first"_s));
    table.setFocus();
    QTest::keyClick(&table, Qt::Key_Up);
    QVERIFY(text.toPlainText().contains(u"the second"_s));
  }

  void a_report_for_a_bug_is_previewed_and_then_written() {
    const QString incident = home_->path(u"100-7-0123456789abcdef.json"_s);
    write(incident, R"({"kind":"gpu_memory_fault","summary":"in the bundle"})");
    ReportDialog dialog(Subject{root(u"rx5600xt"_s)}, incident);
    dialog.show();
    auto& save = find<QPushButton>(dialog, "save");
    QVERIFY(!save.isEnabled());
    QTRY_VERIFY_WITH_TIMEOUT(save.isEnabled(), patience_ms);
    QVERIFY(find<QPlainTextEdit>(dialog, "preview").toPlainText().contains(u"in the bundle"_s));
    const QString file = home_->path(u"bundle.tar.zst"_s);
    dialog.save(file);
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>(dialog, "said").text().startsWith(u"Wrote "_s),
                             patience_ms);
    QVERIFY(QFileInfo(file).size() > 1000);
  }

  void the_live_view_reads_the_sensors_and_marks_faults() {
    Copy machine(u"rx5600xt"_s);
    const QString device = machine.path() + u"/sys/bus/pci/devices/0000:03:00.0/"_s;
    write(device + u"gpu_busy_percent"_s, "42\n");
    write(device + u"mem_info_vram_used"_s, "1073741824\n");
    write(device + u"power/runtime_status"_s, "active\n");
    home_->put_report(QDateTime::currentSecsSinceEpoch(), R"({"kind":"gpu_hang"})");
    CrashReportModel reports(crash_report_folder());
    QSignalSpy looked(&reports, &CrashReportModel::looked);
    reports.look();
    QVERIFY(looked.wait());
    LiveView view(Subject{machine.path()}, reports);
    view.show();
    auto& values = find<QLabel>(view, "values");
    QTRY_VERIFY_WITH_TIMEOUT(values.text().contains(u"GPU use: 42 %"_s), patience_ms);
    QVERIFY(values.text().contains(u"VRAM in use: 1024 MiB"_s));
    auto& chart = *view.findChild<SensorChart*>();
    QTRY_VERIFY_WITH_TIMEOUT(chart.points(Sensor::use) >= 2, patience_ms);
    QCOMPARE(chart.marks(), 1);
    write(device + u"power/runtime_status"_s, "suspended\n");
    QTRY_VERIFY_WITH_TIMEOUT(values.text().contains(u"not woken"_s), patience_ms);
  }

  void a_program_is_started_here_with_its_output_and_its_status() {
    StartPage page(Subject{root(u"no-amd"_s)});
    page.show();
    QVERIFY(!find<QPushButton>(page, "here").isEnabled());
    QTest::keyClicks(&find<QLineEdit>(page, "program"), u"sh -c \"echo hello; pwd; exit 3\""_s);
    find<QLineEdit>(page, "folder").setText(home_->path());
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>(page, "said").text().contains(u"-- sh -c"_s),
                             patience_ms);
    QTest::keyClick(&find<QLineEdit>(page, "program"), Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>(page, "said").text().contains(u"status 3"_s),
                             patience_ms);
    const QString output = find<QPlainTextEdit>(page, "output").toPlainText();
    QVERIFY2(output.contains(u"hello\n"_s + home_->path()), qPrintable(output));
  }

  void a_program_that_runs_can_be_stopped() {
    StartPage page(Subject{root(u"no-amd"_s)});
    page.show();
    find<QLineEdit>(page, "program").setText(u"sleep 600"_s);
    find<QPushButton>(page, "here").click();
    auto& stop = find<QPushButton>(page, "stop");
    QTRY_VERIFY(stop.isEnabled());
    QTest::qWait(500);
    stop.click();
    QTRY_VERIFY_WITH_TIMEOUT(!stop.isEnabled(), patience_ms);
    QVERIFY(find<QLabel>(page, "said").text().contains(u"ended"_s));
  }

  void what_rocmfix_run_would_set_is_shown_for_a_simulated_card() {
    StartPage page(Subject{});
    page.show();
    auto& card = find<QComboBox>(page, "card");
    QTRY_VERIFY_WITH_TIMEOUT(card.count() > 3, patience_ms);
    card.setCurrentIndex(card.findData(u"rx5600xt"_s));
    auto& variables = find<QTreeWidget>(page, "variables");
    QTRY_VERIFY_WITH_TIMEOUT(!variables.findItems(u"LD_PRELOAD"_s, Qt::MatchExactly).isEmpty(),
                             patience_ms);
  }
};

}  // namespace

QTEST_MAIN(RunsTest)
#include "runs_test.moc"
