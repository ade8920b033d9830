// SPDX-License-Identifier: MIT
// What runs now: the commands that a rocmfix-run of this user supervises, and the cards' sensors.
// Read from /proc and sysfs in a thread of their own: a file of a driver that hangs can block.
#pragma once

#include <QDateTime>
#include <QList>
#include <QString>
#include <memory>
#include <vector>

#include "rocmfix/gpu.hpp"
#include "rocmfix/root.hpp"
#include "trial/conditions.hpp"

namespace rocmfix::gui {

struct LiveRun {
  qint64 pid = 0;
  QString command;
  QString attempt;      ///< "2"; empty: there are no retries
  QString mitigations;  ///< names; empty: none
  quint64 progress =
      0;  ///< signs of life with which something was kept: rocmfix.alive(progress=True)

  bool operator==(const LiveRun&) const = default;
};

/// `proc`: /proc.
QList<LiveRun> read_live_runs(const QString& proc);

struct LiveSample {
  QDateTime time;
  QList<LiveRun> runs;
  trial::Conditions sensors;  ///< conditions.hpp
};

/// What stays the same from sample to sample.
struct LiveSource {
  std::shared_ptr<const Root> root;
  std::vector<Gpu> gpus;

  /// Without a root, as of a report: no sensors.
  static LiveSource open(const QString& root);
};

LiveSample read_live_sample(const LiveSource& source);

}  // namespace rocmfix::gui
