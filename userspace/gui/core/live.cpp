// SPDX-License-Identifier: MIT
#include "core/live.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QHash>
#include <algorithm>
#include <utility>

#include "alive/alive_file.hpp"
#include "rocmfix/printable.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

namespace {

QByteArray whole_file(const QString& path) {
  constexpr qint64 limit = 1 << 20;
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.read(limit) : QByteArray();
}

struct Process {
  QString folder;  ///< /proc/PID
  QString name;
  qint64 pid = 0;
  qint64 parent = 0;
};

/// "PID (NAME) STATE PPID ...": a name can have blanks and brackets.
Process process_of(const QString& folder) {
  const QByteArray stat = whole_file(folder + u"/stat"_s);
  const qsizetype open = stat.indexOf('(');
  const qsizetype close = stat.lastIndexOf(')');
  Process process;
  if (open > 0 && close > open) {
    const QList<QByteArray> rest = stat.mid(close + 2).split(' ');
    process.folder = folder;
    process.pid = stat.left(open - 1).toLongLong();
    process.name = QString::fromUtf8(stat.mid(open + 1, close - open - 1));
    process.parent = rest.size() > 1 ? rest.at(1).toLongLong() : 0;
  }
  return process;
}

QList<Process> own_processes(const QString& proc) {
  QList<Process> processes;
  const auto folders = QDir(proc).entryInfoList({u"[0-9]*"_s}, QDir::Dirs);
  for (const QFileInfo& folder : folders) {
    if (folder.ownerId() == ::geteuid()) {
      processes += process_of(folder.filePath());
    }
  }
  return processes;
}

QHash<QByteArray, QByteArray> environment_of(const Process& process) {
  QHash<QByteArray, QByteArray> variables;
  for (const QByteArray& one : whole_file(process.folder + u"/environ"_s).split('\0')) {
    const qsizetype sign = one.indexOf('=');
    if (sign > 0) {
      variables.insert(one.left(sign), one.mid(sign + 1));
    }
  }
  return variables;
}

QString shown(const QByteArray& text) {
  return QString::fromStdString(
      printable(std::string_view(text.constData(), static_cast<std::size_t>(text.size()))));
}

/// As rocmfix-run counts it (supervisor/alive_folder.hpp).
quint64 progress_in(const QString& folder) {
  constexpr quint64 most = 1ULL << 48U;
  quint64 sum = 0;
  for (const QFileInfo& entry : QDir(folder).entryInfoList({u"[0-9]*-*"_s}, QDir::Files)) {
    const FileDescriptor file(::open(entry.filePath().toLocal8Bit().constData(),
                                     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    hip::AliveFile read{};
    struct stat found {};
    if (file && ::fstat(file.get(), &found) == 0 && S_ISREG(found.st_mode) &&
        found.st_uid == ::geteuid() && ::pread(file.get(), &read, sizeof read, 0) == sizeof read &&
        read.head.magic == hip::alive_magic) {
      sum += std::min<quint64>(read.beats.progress, most);
    }
  }
  return sum;
}

}  // namespace

QList<LiveRun> read_live_runs(const QString& proc) {
  const QList<Process> processes = own_processes(proc);
  QList<qint64> supervisors;
  for (const Process& process : processes) {
    if (process.name == "rocmfix-run"_L1) {
      supervisors += process.pid;
    }
  }
  QList<LiveRun> runs;
  for (const Process& process : processes) {
    // Its helpers have names of their own: rocmfix-guard.
    if (!supervisors.contains(process.parent) || process.name.startsWith("rocmfix-"_L1)) {
      continue;
    }
    const auto environment = environment_of(process);
    if (environment.contains("ROCMFIX_REPORT_TAG")) {
      QByteArray command = whole_file(process.folder + u"/cmdline"_s);
      command.replace('\0', ' ');
      const QByteArray alive = environment.value("ROCMFIX_ALIVE_DIR");
      runs += {process.pid, shown(command.trimmed()), shown(environment.value("ROCMFIX_ATTEMPT")),
               shown(environment.value("ROCMFIX_MITIGATIONS")),
               alive.isEmpty() ? 0 : progress_in(QString::fromLocal8Bit(alive))};
    }
  }
  return runs;
}

LiveSource LiveSource::open(const QString& root) {
  LiveSource source;
  if (auto opened = Root::open(root.toStdString())) {
    source.root = std::make_shared<const Root>(std::move(*opened));
    source.gpus = discover_gpus(*source.root, Policy::built_in());
    std::erase_if(source.gpus, [](const Gpu& gpu) { return !gpu.supported; });
  }
  return source;
}

LiveSample read_live_sample(const LiveSource& source) {
  LiveSample sample;
  sample.time = QDateTime::currentDateTime();
  sample.runs = read_live_runs(u"/proc"_s);
  if (source.root) {
    sample.sensors = trial::read_conditions(*source.root, source.gpus);
  }
  return sample;
}

}  // namespace rocmfix::gui
