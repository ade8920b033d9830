// SPDX-License-Identifier: MIT
// A picture of every page, to be looked at: gui_screenshots ROOT DIRECTORY [light|dark|contrast]
// [WIDTH HEIGHT]. Twice the size: QT_SCALE_FACTOR=2. tests/gui/screenshots makes all of them.
#include <QApplication>
#include <QDir>
#include <QTabWidget>
#include <QTest>
#include <QTranslator>
#include <cstdio>

#include "pages/main_window.hpp"

namespace {

using namespace Qt::StringLiterals;
using rocmfix::gui::MainWindow;
using rocmfix::gui::Subject;

QPalette palette_of(const QColor& window, const QColor& base, const QColor& text) {
  QPalette colours(window);
  colours.setColor(QPalette::Window, window);
  colours.setColor(QPalette::Base, base);
  colours.setColor(QPalette::AlternateBase, window);
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    colours.setColor(role, text);
    colours.setColor(QPalette::Disabled, role, Qt::gray);
  }
  return colours;
}

void take(MainWindow& window, const QString& directory, const QString& name) {
  // As long as the slowest command on a busy machine.
  constexpr int settle_ms = 4000;
  QTest::qWait(settle_ms);
  window.grab().save(directory + u'/' + name + u".png"_s);
}

}  // namespace

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  const QStringList words = QCoreApplication::arguments();
  if (words.size() < 3) {
    std::fputs("usage: gui_screenshots ROOT DIRECTORY [light|dark|contrast] [WIDTH HEIGHT]\n",
               stderr);
    return 2;
  }
  const QString built = QCoreApplication::applicationDirPath() + u"/../userspace/gui"_s;
  QTranslator language;
  if (language.load(QLocale(), u"rocmfix-gui"_s, u"_"_s, built) ||
      language.load(built + u"/rocmfix-gui_en.qm"_s)) {
    QCoreApplication::installTranslator(&language);
  }
  QApplication::setStyle(u"Fusion"_s);
  if (words.value(3) == u"dark") {
    QApplication::setPalette(palette_of(QColor(45, 45, 48), QColor(30, 30, 32), Qt::white));
  } else if (words.value(3) == u"contrast") {
    QApplication::setPalette(palette_of(Qt::black, Qt::black, Qt::yellow));
  } else {
    QApplication::setPalette(
        palette_of(QColor(239, 239, 239), QColor(255, 255, 255), QColor(20, 20, 20)));
  }
  QDir().mkpath(words.at(2));
  MainWindow window(Subject{words.at(1)});
  window.resize(words.value(4, u"900"_s).toInt(), words.value(5, u"680"_s).toInt());
  window.show();
  const QStringList names = MainWindow::page_names();
  for (int page = 0; page < names.size(); ++page) {
    window.show_page(static_cast<MainWindow::Page>(page));
    take(window, words.at(2), names.at(page));
    if (page == MainWindow::runs) {
      window.findChild<QTabWidget*>(u"parts"_s)->setCurrentIndex(1);
      take(window, words.at(2), u"live"_s);
    }
  }
  return 0;
}
