// SPDX-License-Identifier: MIT
// rocmfix-gui: the options, the language, the window.
#include <unistd.h>

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QEvent>
#include <QFileInfo>
#include <QIcon>
#include <QLibraryInfo>
#include <QLocale>
#include <QScreen>
#include <QTimer>
#include <QTranslator>

#include "core/subject.hpp"
#include "pages/main_window.hpp"
#include "rocmfix/printable.hpp"
#include "rocmfix/standard_streams.hpp"

namespace {

using namespace Qt::StringLiterals;
using rocmfix::gui::MainWindow;
using rocmfix::gui::Subject;

constexpr int usage_status = 2;

/// Of bench/gui: ends the program when the window has been painted once.
class FirstPaint : public QObject {
 public:
  using QObject::QObject;
  bool eventFilter(QObject* watched, QEvent* event) override {
    if (event->type() == QEvent::Paint) {
      QTimer::singleShot(0, qApp, &QCoreApplication::quit);
    }
    return QObject::eventFilter(watched, event);
  }
};

struct Asked {
  Subject subject;
  int page = MainWindow::overview;
  bool first_paint = false;
};

int usage_error(const QString& what) {
  rocmfix::write_stderr("error: " + rocmfix::printable(what.toStdString()) +
                        "\nhint: rocmfix-gui --help\n");
  return usage_status;
}

/// What is wrong with the command line; empty: nothing.
QString read_options(const QCoreApplication& application, Asked& asked) {
  QCommandLineParser parser;
  parser.setApplicationDescription(
      MainWindow::tr("What is wrong with ROCm on this Radeon, and what helps."));
  parser.addHelpOption();
  parser.addVersionOption();
  const QCommandLineOption root(
      u"root"_s,
      MainWindow::tr("Show the machine whose root directory is DIR, or that made the report FILE."),
      u"DIR|FILE"_s, u"/"_s);
  const QCommandLineOption page(u"page"_s, MainWindow::tr("Begin with this page."), u"PAGE"_s,
                                u"overview"_s);
  QCommandLineOption first_paint(u"first-paint"_s);
  first_paint.setFlags(QCommandLineOption::HiddenFromHelp);
  parser.addOptions({root, page, first_paint});
  parser.process(application);
  if (!parser.positionalArguments().isEmpty()) {
    return MainWindow::tr("unexpected argument '%1'").arg(parser.positionalArguments().first());
  }
  // A program that is started elsewhere is given it, too.
  asked.subject.root = QDir::cleanPath(QFileInfo(parser.value(root)).absoluteFilePath());
  asked.page = static_cast<int>(MainWindow::page_names().indexOf(parser.value(page)));
  asked.first_paint = parser.isSet(first_paint);
  return asked.page < 0 ? MainWindow::tr("there is no page '%1': there are %2")
                              .arg(parser.value(page), MainWindow::page_names().join(u", "_s))
                        : QString();
}

/// The user's, for Qt's own words and for ours, as far as there are any.
void install_languages(QTranslator& qt, QTranslator& own) {
  if (qt.load(QLocale(), u"qtbase"_s, u"_"_s, QLibraryInfo::path(QLibraryInfo::TranslationsPath))) {
    QCoreApplication::installTranslator(&qt);
  }
  // The plurals of English where there is nothing better: the locale C, for one.
  if (own.load(QLocale(), u"rocmfix-gui"_s, u"_"_s, u":/i18n"_s) ||
      own.load(u":/i18n/rocmfix-gui_en.qm"_s)) {
    QCoreApplication::installTranslator(&own);
  }
}

}  // namespace

int main(int argc, char** argv) {
  // A display server's client as root is a risk for nothing: what needs root asks polkit for it.
  if (::geteuid() == 0) {
    rocmfix::write_stderr(
        "error: rocmfix-gui does not run as root\n"
        "hint: start it as yourself; it asks for a password when it changes something\n");
    return 1;
  }
  QApplication application(argc, argv);
  QCoreApplication::setApplicationName(u"rocmfix-gui"_s);
  QCoreApplication::setOrganizationName(u"rocmfix"_s);
  QCoreApplication::setApplicationVersion(u"" ROCMFIX_VERSION ""_s);
  QGuiApplication::setDesktopFileName(u"org.rocmfix.Gui"_s);
  QGuiApplication::setWindowIcon(QIcon::fromTheme(u"org.rocmfix.Gui"_s));
  QTranslator qt;
  QTranslator own;
  install_languages(qt, own);
  Asked asked;
  if (const QString wrong = read_options(application, asked); !wrong.isEmpty()) {
    return usage_error(wrong);
  }
  MainWindow window(asked.subject);
  constexpr QSize usual(900, 680);
  window.resize(usual.boundedTo(window.screen()->availableSize()));
  FirstPaint first_paint;
  if (asked.first_paint) {
    window.installEventFilter(&first_paint);
  }
  window.show_page(static_cast<MainWindow::Page>(asked.page));
  window.show();
  return QApplication::exec();
}
