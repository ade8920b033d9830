// SPDX-License-Identifier: MIT
// The window around the pages: keyboard, screen reader, closing, narrow screens.
#include <QAbstractButton>
#include <QAccessible>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QTabBar>
#include <QTimer>
#include <optional>

#include "fixture.hpp"
#include "pages/main_window.hpp"
#include "pages/runs_page.hpp"

namespace {

using namespace Qt::StringLiterals;
using namespace rocmfix::gui;

class WindowTest : public QObject {
  Q_OBJECT

 private:
  std::optional<Home> home_;

  // What is in a page is visible when the events of its making are through.
  static void show_page(MainWindow& window, int page) {
    window.show_page(static_cast<MainWindow::Page>(page));
    QTest::qWait(50);
  }

 private slots:
  void init() { home_.emplace(); }

  void every_page_can_be_used_with_the_keyboard_and_a_screen_reader() {
    MainWindow window(Subject{root(u"rx5600xt-livepatch"_s)});
    window.show();
    for (int page = 0; page < MainWindow::pages; ++page) {
      show_page(window, page);
      for (QWidget* const widget : window.findChildren<QWidget*>()) {
        const bool reached = widget->isVisible() && (widget->focusPolicy() & Qt::TabFocus) != 0;
        // Qt's own parts of a widget have the widget's name.
        const auto* const label = qobject_cast<const QLabel*>(widget);
        if (!reached || widget->objectName().startsWith(u"qt_"_s) ||
            (label != nullptr && label->text().isEmpty())) {
          continue;
        }
        QAccessibleInterface* const interface = QAccessible::queryAccessibleInterface(widget);
        const QString what =
            QString::fromLatin1(widget->metaObject()->className()) + u' ' + widget->objectName();
        QVERIFY2(interface != nullptr, qPrintable(what));
        QVERIFY2(!interface->text(QAccessible::Name).isEmpty(), qPrintable(what));
      }
    }
  }

  void no_two_things_on_a_page_have_the_same_key() {
    MainWindow window(Subject{root(u"rx5600xt-livepatch"_s)});
    window.show();
    for (int page = 0; page < MainWindow::pages; ++page) {
      show_page(window, page);
      QStringList texts;
      for (const auto* const button : window.findChildren<QAbstractButton*>()) {
        // "Cancel" and "Look again" take turns.
        texts += button->isVisible() ? button->text() : QString();
      }
      for (const auto* const label : window.findChildren<QLabel*>()) {
        texts += label->isVisible() && label->buddy() != nullptr ? label->text() : QString();
      }
      for (const auto* const bar : window.findChildren<QTabBar*>()) {
        for (int tab = 0; bar->isVisible() && tab < bar->count(); ++tab) {
          texts += bar->tabText(tab);
        }
      }
      QStringList keys;
      for (const QString& text : texts) {
        const QString key = QKeySequence::mnemonic(text).toString();
        QVERIFY2(key.isEmpty() || !keys.contains(key), qPrintable(key + u' ' + text));
        keys += key.isEmpty() ? QStringList() : QStringList{key};
      }
      // Of the pages themselves, and one more.
      QVERIFY(keys.size() >= MainWindow::pages + 1);
    }
  }

  void a_window_with_a_running_program_asks_before_it_closes() {
    MainWindow window(Subject{root(u"no-amd"_s)});
    window.show_page(MainWindow::start);
    window.show();
    find<QLineEdit>(window, "program").setText(u"sleep 600"_s);
    find<QPushButton>(window, "here").click();
    QTRY_VERIFY_WITH_TIMEOUT(find<QPushButton>(window, "stop").isEnabled(), patience_ms);
    bool asked = false;
    QTimer::singleShot(500, &window, [&] {
      auto* const box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
      asked = box != nullptr;
      if (asked) {
        box->button(QMessageBox::No)->click();
      }
    });
    QVERIFY(!window.close());
    QVERIFY(asked);
    find<QPushButton>(window, "stop").click();
    QTRY_VERIFY_WITH_TIMEOUT(!find<QPushButton>(window, "stop").isEnabled(), patience_ms);
    QVERIFY(window.close());
  }

  void pages_are_made_when_they_are_shown() {
    MainWindow window(Subject{root(u"no-amd"_s)});
    QVERIFY(window.findChild<RunsPage*>() == nullptr);
    window.show_page(MainWindow::runs);
    QVERIFY(window.findChild<RunsPage*>() != nullptr);
  }

  void a_narrow_window_is_no_wider_than_its_pages_need() {
    MainWindow window(Subject{root(u"rx5600xt"_s)});
    window.show();
    for (int page = 0; page < MainWindow::pages; ++page) {
      show_page(window, page);
    }
    constexpr int narrow = 480;
    QVERIFY2(window.minimumSizeHint().width() <= narrow,
             qPrintable(QString::number(window.minimumSizeHint().width())));
  }
};

}  // namespace

QTEST_MAIN(WindowTest)
#include "window_test.moc"
