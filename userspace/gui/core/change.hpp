// SPDX-License-Identifier: MIT
// `rocmfix apply`, `revert` and `livepatch on|off`: what they would do, that they are done with the
// administrator's permission, and that a reboot is still needed.
#pragma once

#include <QJsonObject>
#include <QObject>
#include <QString>
#include <QStringList>

#include "core/command.hpp"
#include "core/subject.hpp"

namespace rocmfix::gui {

/// A document of `rocmfix apply --json`.
struct Change {
  bool changed = false;
  bool reboot_needed = false;
  QString file;
  QString text;       ///< of the file; empty: there is none
  QStringList notes;  ///< sentences, warnings among them

  static Change of(const QJsonObject& document);
};

class Changer : public QObject {
  Q_OBJECT

 public:
  explicit Changer(Subject subject, QObject* parent = nullptr);

  /// `words`: of rocmfix, {"apply", "--profile", "safe"}. One at a time: false while one runs.
  bool start(const QStringList& words);
  [[nodiscard]] bool is_running() const { return command_.is_running(); }
  /// Since the last change of this boot that needs one, also if that was made by another window.
  [[nodiscard]] bool is_reboot_needed() const;

 signals:
  void running_changed(bool running);
  /// What was done, in sentences.
  void changed(const QString& report);
  void failed(const QString& what, const QString& hint);

 private:
  void take(const CommandResult& result);
  [[nodiscard]] QString boot_id() const;
  void remember_reboot(bool needed) const;

  Subject subject_;
  Command command_;
};

}  // namespace rocmfix::gui
