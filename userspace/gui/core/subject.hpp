// SPDX-License-Identifier: MIT
// The machine that the window is about, and the programs that examine and change it.
//
// The window asks the installed commands for their JSON documents (schema 1) and has no second
// implementation of anything: what is examined can be hostile, takes time and has to be cancelled,
// and a process can be ended at any moment without harm.
#pragma once

#include <QString>
#include <QStringList>

namespace rocmfix::gui {

struct Subject {
  QString root = QStringLiteral("/");  ///< "/", a directory, or the file of a report

  [[nodiscard]] bool is_system() const { return root == QLatin1String("/"); }
};

/// A program of the project: next to this one, else where PATH has it; its name if nowhere.
QString program_path(const QString& name);

/// `rocmfix WORDS... --json`, of the subject.
QStringList rocmfix_command(const Subject& subject, const QStringList& words);

/// The same for what writes. On the running system polkit asks for a password (pkexec, with the
/// action that userspace/gui/data has for it); a directory needs no more than its permissions.
QStringList changing_command(const Subject& subject, const QStringList& words);

}  // namespace rocmfix::gui
