// SPDX-License-Identifier: MIT
// The supervised runs of this user, and the sensors of a card over the last minutes, with a mark at
// each fault. Reads only while it is shown.
#pragma once

#include <QFutureWatcher>
#include <QTimer>
#include <QWidget>
#include <optional>

#include "core/crash_report_model.hpp"
#include "core/live.hpp"
#include "core/subject.hpp"
#include "pages/sensor_chart.hpp"

class QComboBox;
class QLabel;
class QTreeWidget;

namespace rocmfix::gui {

class LiveView : public QWidget {
  Q_OBJECT

 public:
  LiveView(Subject subject, const CrashReportModel& reports, QWidget* parent = nullptr);
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;
  LiveView(LiveView&&) = delete;
  LiveView& operator=(LiveView&&) = delete;
  /// Waits for a reading that is under way.
  ~LiveView() override;

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  void look();
  void take();
  void show_runs(const QList<LiveRun>& runs);

  struct Read {
    LiveSource source;
    LiveSample sample;
  };

  Subject subject_;
  const CrashReportModel& reports_;
  Read last_;
  bool opened_ = false;
  std::optional<QList<LiveRun>> shown_;
  QFutureWatcher<Read> reading_;
  QTimer tick_;
  QTreeWidget* runs_;
  QComboBox* card_;
  QLabel* values_;
  SensorChart* chart_;
};

}  // namespace rocmfix::gui
