// SPDX-License-Identifier: MIT
// The CrashReports of this user, as rocmfix-run keeps them: read, and put in words.
//
// A report is a file that somebody could have written: it counts if it is this user's own, in a
// folder where nobody else can put one (incident_store.hpp), and what is in it is only shown.
#pragma once

#include <QDateTime>
#include <QList>
#include <QString>
#include <QStringList>
#include <string_view>

namespace rocmfix::gui {

struct CrashReport {
  QString file;  ///< its path
  QDateTime time;
  QString what;  ///< "GPU memory fault"
  QString program;
  QString where;      ///< the allocation that the address belongs to; empty: not known
  QString processes;  ///< those that reported, where there are several
  QStringList causes;
  QString tried;  ///< attempt, mitigations, and what was decided
  QStringList lines;
};

/// Where they are kept; empty: there is no home.
QString crash_report_folder();

/// What a file of that name has; `text` is its content. Of what is no report, little is known.
CrashReport parse_crash_report(const QString& file, std::string_view text);

/// The newest first.
QList<CrashReport> read_crash_reports(const QString& folder);

/// All of it, to read and to copy.
QString full_text(const CrashReport& report);

}  // namespace rocmfix::gui
