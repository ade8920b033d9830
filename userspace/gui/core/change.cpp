// SPDX-License-Identifier: MIT
#include "core/change.hpp"

#include <QCoreApplication>
#include <QFile>
#include <QJsonArray>
#include <QSettings>
#include <utility>

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

namespace {

constexpr auto reboot_key = "reboot_needed_since_boot"_L1;

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Change)
};

/// `said`: with %1 for the place of a line and %2 for what helps.
void add_sentences(const QJsonArray& lines, const QString& said, QStringList& notes) {
  for (const QJsonValue one : lines) {
    const QString place =
        one["file"_L1].toString() + u':' + QString::number(one["line"_L1].toInt());
    notes += said.arg(place, one["remedy"_L1].toString());
  }
}

}  // namespace

Change Change::of(const QJsonObject& document) {
  Change change;
  change.changed = document["changed"_L1].toBool();
  change.reboot_needed = document["reboot_needed"_L1].toBool();
  change.file = document["file"_L1].toString();
  change.text = document["text"_L1].toString();
  for (const QJsonValue note : document["notes"_L1].toArray()) {
    change.notes += note.toString();
  }
  QJsonArray winning;
  for (const QJsonValue one : document["conflicts"_L1].toArray()) {
    if (one["wins"_L1].toBool()) {
      winning += one;
    }
  }
  add_sentences(winning, Words::tr("%1 wins over these settings; %2"), change.notes);
  add_sentences(document["faulty_lines"_L1].toArray(),
                Words::tr("%1 does not do what it looks like; %2"), change.notes);
  return change;
}

Changer::Changer(Subject subject, QObject* parent) : QObject(parent), subject_(std::move(subject)) {
  connect(&command_, &Command::running_changed, this, &Changer::running_changed);
  connect(&command_, &Command::finished, this, &Changer::take);
}

bool Changer::start(const QStringList& words) {
  if (is_running()) {
    return false;
  }
  command_.start(changing_command(subject_, words));
  return true;
}

void Changer::take(const CommandResult& result) {
  const auto document = document_of(result);
  if (!document) {
    emit failed(QString::fromStdString(document.error().what),
                QString::fromStdString(document.error().hint));
    return;
  }
  if (document->contains("livepatch"_L1)) {
    const bool on = (*document)["livepatch"_L1]["in_force"_L1].toBool();
    emit changed(on ? tr("The livepatch is in force.") : tr("The livepatch is off."));
    return;
  }
  const Change change = Change::of(*document);
  QStringList sentences;
  if (!change.changed) {
    sentences += tr("Nothing had to be changed.");
  } else if (change.text.isEmpty()) {
    sentences += tr("%1 was removed.").arg(change.file);
  } else {
    sentences += tr("%1 was written.").arg(change.file);
  }
  sentences += change.notes;
  if (change.changed) {
    remember_reboot(change.reboot_needed);
  }
  emit changed(sentences.join(u'\n'));
}

QString Changer::boot_id() const {
  QFile file(subject_.is_system() ? u"/proc/sys/kernel/random/boot_id"_s
                                  : subject_.root + u"/proc/sys/kernel/random/boot_id"_s);
  constexpr qint64 length = 36;
  return file.open(QIODevice::ReadOnly) ? QString::fromLatin1(file.read(length)) : QString();
}

// Per root: a window over a directory says nothing about this machine.
bool Changer::is_reboot_needed() const {
  const QString boot = boot_id();
  return !boot.isEmpty() && QSettings().value(reboot_key + subject_.root).toString() == boot;
}

void Changer::remember_reboot(bool needed) const {
  QSettings settings;
  if (needed) {
    settings.setValue(reboot_key + subject_.root, boot_id());
  } else {
    settings.remove(reboot_key + subject_.root);
  }
}

}  // namespace rocmfix::gui
