// SPDX-License-Identifier: MIT
#include "core/subject.hpp"

#include <QCoreApplication>
#include <QFileInfo>
#include <QStandardPaths>

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

QString program_path(const QString& name) {
  const QFileInfo beside(QCoreApplication::applicationDirPath() + u'/' + name);
  if (beside.isExecutable() && beside.isFile()) {
    return beside.absoluteFilePath();
  }
  const QString found = QStandardPaths::findExecutable(name);
  return found.isEmpty() ? name : found;
}

QStringList rocmfix_command(const Subject& subject, const QStringList& words) {
  QStringList command = {program_path(u"rocmfix"_s)};
  command += words;
  command += u"--json"_s;
  if (!subject.is_system()) {
    command += {u"--root"_s, subject.root};
  }
  return command;
}

QStringList changing_command(const Subject& subject, const QStringList& words) {
  QStringList command = rocmfix_command(subject, words);
  if (subject.is_system()) {
    command.prepend(u"pkexec"_s);
  }
  return command;
}

}  // namespace rocmfix::gui
