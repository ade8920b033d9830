// SPDX-License-Identifier: MIT
// What the tests of the pages have in common: roots to change, programs that say what a test wants,
// a home that is empty. ROCMFIX_TEST_ROOTS as in every suite; PATH has build/bin.
#pragma once

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QWidget>

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

inline constexpr int patience_ms = 60'000;  // on a machine with two busy processors

inline QString root(const QString& name) {
  return qEnvironmentVariable("ROCMFIX_TEST_ROOTS") + u'/' + name;
}

inline QString read(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

inline void write(const QString& path, const QByteArray& text, bool program = false) {
  QDir().mkpath(QFileInfo(path).path());
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly));
  QCOMPARE(file.write(text), text.size());
  if (program) {
    QVERIFY(file.setPermissions(file.permissions() | QFile::ExeOwner));
  }
}

template <class Widget>
Widget& find(QWidget& page, const char* name) {
  auto* const found = page.findChild<Widget*>(QString::fromLatin1(name));
  if (found == nullptr) {
    qFatal("there is no %s", name);
  }
  return *found;
}

/// In front of PATH while it lives: programs that say what a test wants.
class Programs {
 public:
  Programs() { qputenv("PATH", directory_.path().toLocal8Bit() + ':' + path_); }
  ~Programs() { qputenv("PATH", path_); }
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;
  void put(const char* name, const QByteArray& script) {
    write(file(name), "#!/bin/sh\n" + script, true);
  }
  QString file(const char* name) { return directory_.filePath(QString::fromLatin1(name)); }

 private:
  QTemporaryDir directory_;
  QByteArray path_ = qgetenv("PATH");
};

/// A root that may be written to.
class Copy {
 public:
  explicit Copy(const QString& name) {
    if (QProcess::execute(u"cp"_s, {u"-a"_s, root(name), path()}) != 0) {
      qFatal("no copy of %s", qPrintable(name));
    }
    write(path() + u"/proc/sys/kernel/random/boot_id"_s, "00000000-0000-0000-0000-00000000000b\n");
  }
  QString path() { return directory_.filePath(u"root"_s); }
  QString conf() { return path() + u"/etc/modprobe.d/rocmfix.conf"_s; }

 private:
  QTemporaryDir directory_;
};

/// A home of a test's own.
class Home {
 public:
  Home() {
    qputenv("HOME", directory_.path().toLocal8Bit());
    qputenv("XDG_STATE_HOME", path(u"state"_s).toLocal8Bit());
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, path(u"config"_s));
    QCoreApplication::setOrganizationName(u"rocmfix"_s);
    QCoreApplication::setApplicationName(u"rocmfix-gui"_s);
  }
  [[nodiscard]] QString path(const QString& name = {}) const { return directory_.filePath(name); }
  /// As rocmfix-run writes one at that time.
  void put_report(qint64 seconds, const QByteArray& text) const {
    write(path(u"state/rocmfix/incidents/%1-7-0123456789abcdef.json"_s.arg(seconds)), text);
  }

 private:
  QTemporaryDir directory_;
};

}  // namespace rocmfix::gui
