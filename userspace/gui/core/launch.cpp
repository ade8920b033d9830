// SPDX-License-Identifier: MIT
#include "core/launch.hpp"

#include <QCoreApplication>
#include <QJsonArray>
#include <QStandardPaths>

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Launch)
};

void add_rows(const QJsonValue& rows, const QString& what, QList<Variable>& variables) {
  for (const QJsonValue row : rows.toArray()) {
    const QString command = row["command"_L1].toString();
    const QString name = row["name"_L1].toString();
    variables +=
        {name.isEmpty() ? Words::tr("the program") : name, row["value"_L1].toString(),
         what + row["reason"_L1].toString() + (command.isEmpty() ? QString() : u"; "_s + command)};
  }
}

}  // namespace

QStringList Launch::command(const Subject& subject, const QStringList& options) const {
  QStringList words = {program_path(u"rocmfix-run"_s)};
  words += options;
  if (retries > 0) {
    words += {u"--retries"_s, QString::number(retries)};
  }
  if (!card.isEmpty()) {
    words += {u"--simulate"_s, card};
  } else if (!subject.is_system()) {
    words += {u"--root"_s, subject.root};
  }
  words += u"--"_s;
  return words + program;
}

QList<Variable> variables_of(const QJsonObject& environment) {
  QList<Variable> variables;
  add_rows(environment["set"_L1], Words::tr("set: "), variables);
  add_rows(environment["kept"_L1], Words::tr("kept as you set it: "), variables);
  add_rows(environment["warnings"_L1], Words::tr("warning: "), variables);
  add_rows(environment["advice"_L1], Words::tr("not set: "), variables);
  return variables;
}

// Debian's name for whichever is installed, then some that have an -e that takes the words as they
// are.
QStringList terminal_command(const QStringList& command) {
  for (const auto name : {"x-terminal-emulator"_L1, "konsole"_L1, "xterm"_L1}) {
    const QString found = QStandardPaths::findExecutable(name);
    if (!found.isEmpty()) {
      return QStringList{found, u"-e"_s} + command;
    }
  }
  return {};
}

}  // namespace rocmfix::gui
