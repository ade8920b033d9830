// SPDX-License-Identifier: MIT
// Overview, Settings and the window around the pages, with the real commands on synthetic roots,
// and with commands that hang or lie.
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTimer>
#include <optional>

#include "fixture.hpp"
#include "pages/main_window.hpp"
#include "pages/overview_page.hpp"
#include "pages/settings_page.hpp"

namespace {

using namespace Qt::StringLiterals;
using namespace rocmfix::gui;

class PagesTest : public QObject {
  Q_OBJECT

 private:
  std::optional<Home> home_;

 private slots:
  void init() { home_.emplace(); }

  void the_overview_shows_a_finding_with_reason_remedy_and_a_command_to_copy() {
    Changer changer(Subject{root(u"session-denied"_s)});
    OverviewPage page(Subject{root(u"session-denied"_s)}, changer);
    page.show();
    page.look();
    auto& list = find<QListView>(page, "findings");
    QTRY_VERIFY_WITH_TIMEOUT(list.model()->rowCount() > 5, patience_ms);
    QVERIFY(list.model()->index(0, 0).data().toString().startsWith(u"Problem: "_s));
    QVERIFY(find<QLabel>(page, "details").text().contains(u"How this is known: "_s));
    QVERIFY(find<QLabel>(page, "cards").text().contains(u"gfx10"_s));
    auto& command = find<QLineEdit>(page, "command");
    QVERIFY(command.isVisible());
    QVERIFY(command.text().startsWith(u"sudo usermod"_s));
    // Shown, not done.
    QVERIFY(!find<QPushButton>(page, "fix").isVisible());
    QTest::keyClick(&find<QPushButton>(page, "copy"), Qt::Key_Space);
    QCOMPARE(QGuiApplication::clipboard()->text(), command.text());
    QVERIFY(find<QLabel>(page, "said").text().contains(u"1 problem"_s));
  }

  void a_fix_shows_the_file_first_and_cancel_writes_nothing() {
    Copy machine(u"rx5600xt-livepatch"_s);
    Changer changer(Subject{machine.path()});
    OverviewPage page(Subject{machine.path()}, changer);
    page.show();
    page.look();
    auto& fix = find<QPushButton>(page, "fix");
    QTRY_VERIFY_WITH_TIMEOUT(fix.isVisible(), patience_ms);
    for (const auto& [button, written] :
         {std::pair(QMessageBox::Cancel, false), std::pair(QMessageBox::Apply, true)}) {
      bool asked = false;
      QTimer poll;
      connect(&poll, &QTimer::timeout, &page, [&, wanted = button] {
        if (auto* const box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget())) {
          asked = box->detailedText().contains(u"options amdgpu"_s);
          poll.stop();
          box->button(wanted)->click();
        }
      });
      poll.start(20);
      QSignalSpy changes(&changer, &Changer::changed);
      fix.click();
      QTRY_VERIFY_WITH_TIMEOUT(asked, patience_ms);
      if (written) {
        QTRY_COMPARE_WITH_TIMEOUT(changes.size(), 1, patience_ms);
      }
      QCOMPARE(QFile::exists(machine.conf()), written);
    }
  }

  void a_machine_without_a_card_is_said_to_have_none() {
    Changer changer(Subject{root(u"no-amd"_s)});
    OverviewPage page(Subject{root(u"no-amd"_s)}, changer);
    page.look();
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>(page, "cards").text().contains(u"no AMD GPU"_s),
                             patience_ms);
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>(page, "said").text().startsWith(u"No card"_s),
                             patience_ms);
    SettingsPage settings(Subject{root(u"no-amd"_s)}, changer);
    settings.look();
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>(settings, "said").text().contains(u"no supported card"_s),
                             patience_ms);
    QTRY_VERIFY_WITH_TIMEOUT(
        find<QPlainTextEdit>(settings, "file").toPlainText().contains(u"no RDNA1"_s), patience_ms);
    QVERIFY(!find<QPushButton>(settings, "apply").isEnabled());
  }

  void a_root_that_is_not_there_is_named() {
    Changer changer(Subject{u"/nowhere"_s});
    OverviewPage page(Subject{u"/nowhere"_s}, changer);
    page.look();
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>(page, "said").text().contains(u"/nowhere"_s),
                             patience_ms);
  }

  void a_doctor_that_hangs_is_cancelled_and_the_window_lives() {
    Programs programs;
    programs.put("rocmfix", "exec sleep 600\n");
    Changer changer(Subject{});
    OverviewPage page(Subject{}, changer);
    page.show();
    page.look();
    auto& cancel = find<QPushButton>(page, "cancel");
    QVERIFY(cancel.isVisible());
    QVERIFY(page.findChild<QProgressBar*>()->isVisible());
    cancel.setFocus();
    QTest::keyClick(&cancel, Qt::Key_Space);
    QTRY_COMPARE(find<QLabel>(page, "said").text(), u"Cancelled"_s);
    QVERIFY(!cancel.isVisible());
    QVERIFY(find<QPushButton>(page, "again").isVisible());
  }

  void what_others_wrote_is_text_and_not_markup() {
    Programs programs;
    programs.put("rocmfix", R"(echo '{"checks":[{"id":"<i>x</i>","verdict":"problem",
      "summary":"<b>bold</b>","evidence":["<a href=x>y</a>"],"remedy":"<img src=x>",
      "command":"echo <b>","grade":"S","source":"<u>"}],"gpus":[{"name":"<h1>card</h1>"}]}')");
    Changer changer(Subject{});
    OverviewPage page(Subject{}, changer);
    page.show();
    page.look();
    auto& details = find<QLabel>(page, "details");
    QTRY_VERIFY(details.text().contains(u"<img src=x>"_s));
    for (const QLabel* const label : page.findChildren<QLabel*>()) {
      QVERIFY2(label->buddy() != nullptr || label->textFormat() == Qt::PlainText,
               qPrintable(label->text()));
    }
  }

  void settings_are_applied_and_undone() {
    Copy machine(u"rx5600xt"_s);
    MainWindow window(Subject{machine.path()});
    window.show_page(MainWindow::settings);
    window.show();
    auto& apply = find<QPushButton>(window, "apply");
    auto& undo = find<QPushButton>(window, "undo");
    QTRY_VERIFY_WITH_TIMEOUT(apply.isEnabled(), patience_ms);
    QVERIFY(!undo.isEnabled());
    QVERIFY(!find<QLabel>(window, "reboot").isVisible());
    const QString preview = find<QPlainTextEdit>(window, "file").toPlainText();
    QVERIFY(preview.contains(u"options amdgpu noretry=1"_s));
    apply.click();
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>(window, "reboot").isVisible(), patience_ms);
    QCOMPARE(read(machine.conf()), preview);
    QVERIFY(find<QLabel>(window, "message").text().contains(u"was written"_s));
    QTRY_VERIFY_WITH_TIMEOUT(undo.isEnabled() && !apply.isEnabled(), patience_ms);
    undo.click();
    QTRY_VERIFY_WITH_TIMEOUT(!QFile::exists(machine.conf()), patience_ms);
    QTRY_VERIFY_WITH_TIMEOUT(apply.isEnabled() && !undo.isEnabled(), patience_ms);
  }

  void a_row_without_its_tick_is_not_written() {
    Copy machine(u"rx5600xt"_s);
    Changer changer(Subject{machine.path()});
    SettingsPage page(Subject{machine.path()}, changer);
    page.show();
    find<QComboBox>(page, "profile").setCurrentIndex(1);
    auto& table = find<QTableView>(page, "plan");
    auto& file = find<QPlainTextEdit>(page, "file");
    QTRY_VERIFY_WITH_TIMEOUT(file.toPlainText().contains(u"noretry=0"_s), patience_ms);
    QCOMPARE(table.model()->index(0, 0).data().toString(), u"noretry"_s);
    table.setFocus();
    table.setCurrentIndex(table.model()->index(0, 0));
    QTest::keyClick(&table, Qt::Key_Space);
    QTRY_VERIFY_WITH_TIMEOUT(!file.toPlainText().contains(u"noretry=0"_s), patience_ms);
    QVERIFY(file.toPlainText().contains(u"options amdgpu"_s));
    QSignalSpy changes(&changer, &Changer::changed);
    find<QPushButton>(page, "apply").click();
    QTRY_COMPARE_WITH_TIMEOUT(changes.size(), 1, patience_ms);
    QVERIFY(!read(machine.conf()).contains(u"noretry=0"_s));
  }

  void this_machine_is_changed_through_polkit_alone() {
    Programs programs;
    const QByteArray log = programs.file("log").toLocal8Bit();
    programs.put("rocmfix", "printf '%s\\n' \"$*\" >>" + log +
                                "\n"
                                R"(
      case $1 in
        livepatch) echo '{"livepatch":{"installed":{},"in_force":true}}' ;;
        plan) echo '{"settings":[{"layer":"module","name":"noretry","proposed":"1"}]}' ;;
        *) echo '{"changed":true,"file":"/f","text":"t","reboot_needed":false}' ;;
      esac)");
    programs.put("pkexec", "echo \"pkexec ${1##*/} $2\" >>" + log + "; exec \"$@\"\n");
    Changer changer(Subject{});
    SettingsPage page(Subject{}, changer);
    page.show();
    page.look();
    auto& apply = find<QPushButton>(page, "apply");
    QTRY_VERIFY_WITH_TIMEOUT(apply.isEnabled(), patience_ms);
    QVERIFY(!read(programs.file("log")).contains(u"pkexec"_s));
    QSignalSpy changes(&changer, &Changer::changed);
    apply.click();
    QTRY_COMPARE_WITH_TIMEOUT(changes.size(), 1, patience_ms);
    const QString applied = read(programs.file("log"));
    QVERIFY(applied.contains(u"pkexec rocmfix apply\n"_s));
    QVERIFY(applied.contains(u"\napply --profile safe --json\n"_s));
    auto& livepatch = find<QCheckBox>(page, "livepatch");
    QTRY_VERIFY_WITH_TIMEOUT(livepatch.isEnabled() && livepatch.isChecked(), patience_ms);
    livepatch.click();
    QTRY_COMPARE_WITH_TIMEOUT(changes.size(), 2, patience_ms);
    const QString switched = read(programs.file("log"));
    QVERIFY(switched.contains(u"pkexec rocmfix livepatch\n"_s));
    QVERIFY(switched.contains(u"\nlivepatch off --json\n"_s));
  }

  void a_permission_that_is_refused_is_said() {
    Programs programs;
    programs.put("pkexec", "exit 126\n");
    MainWindow window(Subject{});
    auto& changer = *window.findChild<Changer*>(QString(), Qt::FindDirectChildrenOnly);
    changer.start({u"apply"_s});
    QTRY_VERIFY(find<QLabel>(window, "message").text().contains(u"Nothing was changed"_s));
  }
};

}  // namespace

QTEST_MAIN(PagesTest)
#include "pages_test.moc"
