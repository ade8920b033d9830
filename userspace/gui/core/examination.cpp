// SPDX-License-Identifier: MIT
#include "core/examination.hpp"

#include <QCoreApplication>
#include <QJsonArray>
#include <QLocale>
#include <algorithm>
#include <utility>

#include "util/grade.hpp"

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Examination)
};

CheckVerdict verdict_of(const QString& word) {
  const auto* const found =
      std::find(check_verdict_words.begin(), check_verdict_words.end(), word.toStdString());
  return found == check_verdict_words.end()
             ? CheckVerdict::unknown
             : static_cast<CheckVerdict>(found - check_verdict_words.begin());
}

QString text(std::string_view words) {
  return QString::fromUtf8(words.data(), static_cast<qsizetype>(words.size()));
}

FindingRow finding_of(const QJsonObject& check) {
  FindingRow row;
  row.verdict = verdict_of(check["verdict"_L1].toString());
  row.check = check["id"_L1].toString();
  if (const CheckText* const about = find_check(row.check.toStdString())) {
    row.title = text(about->title);
  }
  row.gpu = check["gpu"_L1].toString();
  row.summary = check["summary"_L1].toString();
  for (const QJsonValue one : check["evidence"_L1].toArray()) {
    row.evidence += one.toString();
  }
  row.remedy = check["remedy"_L1].toString();
  row.command = check["command"_L1].toString();
  const std::string grade = check["grade"_L1].toString().toStdString();
  row.source = text(grade_in_words(grade)) + u": "_s + check["source"_L1].toString();
  return row;
}

QString memory_text(const QJsonValue& bytes) {
  return bytes.isDouble() ? QLocale().formattedDataSize(static_cast<qint64>(bytes.toDouble()), 1)
                          : Words::tr("an unknown amount of memory");
}

QString driver_text(const QJsonObject& driver) {
  if (!driver["loaded"_L1].toBool()) {
    return Words::tr("The driver amdgpu is not loaded.");
  }
  const QJsonObject rocmfix = driver["rocmfix"_L1].toObject();
  if (rocmfix["active"_L1].toBool()) {
    return rocmfix["carrier"_L1].toString() == "livepatch"_L1
               ? Words::tr("Stock driver; rocmfix's livepatch is in force.")
               : Words::tr("rocmfix's driver is in force.");
  }
  return rocmfix["installed"_L1].toBool()
             ? Words::tr("Stock driver; rocmfix's is installed, and not in force.")
             : Words::tr("Stock driver.");
}

QString card_text(const QJsonObject& gpu, const QString& driver) {
  const QString name = gpu["name"_L1].toString(Words::tr("AMD GPU"));
  const QString target = gpu["gfx"_L1].toString(Words::tr("unknown target"));
  const QString head =
      Words::tr("%1 (%2), %3, at %4")
          .arg(name, target, memory_text(gpu["vram_bytes"_L1]), gpu["bdf"_L1].toString());
  return head + u'\n' +
         (gpu["supported"_L1].toBool()
              ? driver
              : Words::tr("Not of the RX 5000 or RX 6000 series: rocmfix leaves it alone."));
}

}  // namespace

QStringList FindingRow::fix() const {
  static const QList<QPair<QString, QStringList>> known = {
      {u"sudo rocmfix apply"_s, {u"apply"_s}},
      {u"sudo rocmfix livepatch on"_s, {u"livepatch"_s, u"on"_s}},
  };
  for (const auto& [typed, words] : known) {
    if (command == typed) {
      return words;
    }
  }
  return {};
}

QString verdict_word(CheckVerdict verdict) {
  switch (verdict) {
    case CheckVerdict::ok:
      return Words::tr("OK");
    case CheckVerdict::note:
      return Words::tr("Note");
    case CheckVerdict::warning:
      return Words::tr("Warning");
    case CheckVerdict::problem:
      return Words::tr("Problem");
    case CheckVerdict::unknown:
      break;
  }
  return Words::tr("Unknown");
}

QList<FindingRow> findings_of(const QJsonObject& doctor) {
  QList<FindingRow> rows;
  for (const QJsonValue check : doctor["checks"_L1].toArray()) {
    rows += finding_of(check.toObject());
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const FindingRow& a, const FindingRow& b) { return a.verdict > b.verdict; });
  return rows;
}

QString conclusion_of(const QJsonObject& doctor) {
  const QJsonArray gpus = doctor["machine"_L1].toObject()["gpus"_L1].toArray();
  const bool supported = std::any_of(gpus.begin(), gpus.end(), [](const QJsonValue& gpu) {
    return gpu.toObject()["supported"_L1].toBool();
  });
  const QList<FindingRow> rows = findings_of(doctor);
  const auto count = [&](CheckVerdict verdict) {
    return static_cast<int>(std::count_if(
        rows.begin(), rows.end(), [&](const FindingRow& row) { return row.verdict == verdict; }));
  };
  const int problems = count(CheckVerdict::problem);
  const int warnings = count(CheckVerdict::warning);
  QStringList parts;
  if (problems > 0) {
    parts += Words::tr("%n problem(s)", nullptr, problems);
  }
  if (warnings > 0) {
    parts += Words::tr("%n warning(s)", nullptr, warnings);
  }
  if (!parts.isEmpty()) {
    return parts.join(u", "_s);
  }
  return supported ? Words::tr("Nothing was found that is known to go wrong.")
                   : Words::tr(
                         "No card of the RX 5000 or RX 6000 series was found: there is nothing to "
                         "do.");
}

QStringList cards_of(const QJsonObject& status) {
  const QString driver = driver_text(status["driver"_L1].toObject());
  QStringList cards;
  for (const QJsonValue gpu : status["gpus"_L1].toArray()) {
    cards += card_text(gpu.toObject(), driver);
  }
  return cards.isEmpty() ? QStringList{Words::tr("There is no AMD GPU in this machine.")} : cards;
}

void FindingModel::set_findings(QList<FindingRow> findings) {
  beginResetModel();
  findings_ = std::move(findings);
  endResetModel();
}

int FindingModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(findings_.size());
}

QVariant FindingModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
    return {};
  }
  const FindingRow& row = findings_.at(index.row());
  switch (role) {
    case Qt::DisplayRole: {
      const QString about = row.gpu.isEmpty() ? row.check : row.check + u' ' + row.gpu;
      return verdict_word(row.verdict) + u": "_s + row.summary + u" ("_s + about + u')';
    }
    case verdict_role:
      return static_cast<int>(row.verdict);
    default:
      return {};
  }
}

}  // namespace rocmfix::gui
