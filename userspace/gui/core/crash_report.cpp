// SPDX-License-Identifier: MIT
#include "core/crash_report.hpp"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QLocale>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "incident/incident_store.hpp"
#include "rocmfix/printable.hpp"
#include "rocmfix/restart.hpp"
#include "supervisor/state.hpp"
#include "util/file_descriptor.hpp"
#include "util/foreign_json.hpp"
#include "util/grade.hpp"
#include "util/read_to_end.hpp"

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

namespace {

using Json = nlohmann::ordered_json;

struct Words {
  Q_DECLARE_TR_FUNCTIONS(CrashReport)
};

QString shown(std::string_view text) {
  return QString::fromStdString(printable(text));
}

QString shown(const Json& object, const char* key) {
  return shown(text_of(object, key));
}

/// The member that should be an array; an empty one for whatever else it is.
Json list_of(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_array() ? *found : Json::array();
}

QString number_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned()
             ? QString::number(found->get<std::uint64_t>())
             : u"?"_s;
}

QString kind_text(const std::string& kind) {
  if (kind == "gpu_memory_fault") {
    return Words::tr("GPU memory fault");
  }
  return kind == "gpu_hang" ? Words::tr("GPU hang") : Words::tr("Crash");
}

/// "SECONDS-PID-UNIQUE.json": the time in the document is what the process believed.
QDateTime time_of(const QString& file) {
  bool known = false;
  const qint64 seconds = QFileInfo(file).fileName().section(u'-', 0, 0).toLongLong(&known);
  return known ? QDateTime::fromSecsSinceEpoch(seconds) : QDateTime();
}

QStringList causes_of(const Json& document) {
  QStringList causes;
  for (const Json& incident : list_of(document, "incidents")) {
    for (const Json& cause : list_of(incident, "causes")) {
      causes += Words::tr("%1 (%2; %3: %4)\n  try: %5\n  check: %6")
                    .arg(shown(cause, "id"), shown(cause, "confidence"),
                         shown(grade_in_words(text_of(cause, "grade"))), shown(cause, "source"),
                         shown(cause, "remedy"), shown(cause, "check"));
    }
  }
  return causes;
}

QString mitigation_text(const std::string& name) {
  static const Escalation escalation = Escalation::built_in();
  for (const Mitigation& one : escalation.mitigations()) {
    if (one.name == name) {
      return shown(name) + u" ("_s + shown(one.summary) + u')';
    }
  }
  return shown(name);
}

QString mitigations_text(const Json& list) {
  QStringList names;
  for (const Json& name : list) {
    if (name.is_string()) {
      names += mitigation_text(name.get<std::string>());
    }
  }
  return names.isEmpty() ? Words::tr("no mitigation") : names.join(u", "_s);
}

QString decision_text(const Json& decision) {
  const std::string word = text_of(decision, "verdict");
  if (word == to_string(Verdict::restart)) {
    return Words::tr("Started again, with %1.")
        .arg(mitigations_text(list_of(decision, "measures")));
  }
  for (auto verdict = Verdict::no_fault; verdict <= Verdict::too_often;
       verdict = static_cast<Verdict>(static_cast<int>(verdict) + 1)) {
    if (word == to_string(verdict)) {
      return Words::tr("Not started again: %1.").arg(shown(describe(verdict)));
    }
  }
  return Words::tr("Not started again: no retries were asked for.");
}

QString tried_text(const Json& document) {
  if (!document.contains("attempt")) {
    return Words::tr("The program was not supervised.");
  }
  return Words::tr("Attempt %1, with %2.")
             .arg(number_of(document, "attempt"), mitigations_text(list_of(document, "measures"))) +
         u' ' + decision_text(document.value("decision", Json()));
}

QString processes_text(const Json& document) {
  QStringList processes;
  for (const Json& process : list_of(document, "processes")) {
    if (process.is_object()) {
      processes += number_of(process, "pid") + u" ("_s + shown(process, "program") + u')';
    }
  }
  return processes.size() > 1 ? processes.join(u", "_s) : QString();
}

QString program_of(const Json& document) {
  const Json command = list_of(document, "command");
  if (command.empty() || !command.front().is_string()) {
    return shown(document, "program");
  }
  QStringList words;
  for (const Json& word : command) {
    words += word.is_string() ? shown(word.get<std::string>()) : QString();
  }
  return words.join(u' ');
}

/// Empty: there is no such file, or it is not to be trusted.
std::string whole_file(const hip::IncidentFolder& folder, const QString& name) {
  std::string text;
  constexpr std::size_t limit = 256U << 10U;
  const FileDescriptor file(folder.open_own(name.toLocal8Bit().constData()));
  return file && read_to_end(file.get(), limit, text) ? text : std::string();
}

}  // namespace

QString crash_report_folder() {
  return QString::fromStdString(run::incident_directory());
}

CrashReport parse_crash_report(const QString& file, std::string_view text) {
  CrashReport report;
  report.file = file;
  report.time = time_of(file);
  const Json document = read_foreign_json(text);
  if (!document.is_object()) {
    report.what = Words::tr("Not a report");
    return report;
  }
  report.what = kind_text(text_of(document, "kind"));
  report.program = program_of(document);
  report.where = shown(document, "summary");
  report.processes = processes_text(document);
  report.causes = causes_of(document);
  report.tried = tried_text(document);
  for (const Json& line : list_of(document, "lines")) {
    report.lines += shown(line, "source") + u": "_s + shown(line, "text");
  }
  return report;
}

QList<CrashReport> read_crash_reports(const QString& folder) {
  QList<CrashReport> reports;
  hip::IncidentFolder open_folder;
  if (!open_folder.open(folder.toLocal8Bit().constData()) || !open_folder.is_trusted()) {
    return reports;
  }
  // rocmfix-run keeps 100.
  constexpr qsizetype most = 200;
  QStringList names = QDir(folder).entryList({u"*.json"_s}, QDir::Files, QDir::NoSort);
  std::sort(names.begin(), names.end(),
            [](const QString& a, const QString& b) { return time_of(a) > time_of(b); });
  for (const QString& name : names.mid(0, most)) {
    if (!hip::is_incident_name(name.toStdString())) {
      continue;
    }
    const std::string text = whole_file(open_folder, name);
    if (!text.empty()) {
      reports += parse_crash_report(folder + u'/' + name, text);
    }
  }
  return reports;
}

QString full_text(const CrashReport& report) {
  QStringList parts;
  parts += report.what + u", "_s + QLocale().toString(report.time, QLocale::LongFormat);
  if (!report.program.isEmpty()) {
    parts += Words::tr("Program: %1").arg(report.program);
  }
  if (!report.where.isEmpty()) {
    parts += Words::tr("Where: %1").arg(report.where);
  }
  if (!report.processes.isEmpty()) {
    parts += Words::tr("Processes that reported it: %1").arg(report.processes);
  }
  parts += report.causes.isEmpty()
               ? Words::tr("Cause: not determined.")
               : Words::tr("Possible causes:") + u"\n- "_s + report.causes.join(u"\n- "_s);
  parts += Words::tr("What was tried: %1").arg(report.tried);
  if (!report.lines.isEmpty()) {
    parts += Words::tr("What it goes by:") + u'\n' + report.lines.join(u'\n');
  }
  return parts.join(u"\n\n"_s) + u"\n\n"_s + Words::tr("File: %1").arg(report.file) + u'\n';
}

}  // namespace rocmfix::gui
