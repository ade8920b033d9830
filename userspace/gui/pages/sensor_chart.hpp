// SPDX-License-Identifier: MIT
// Lines over the last minutes: use, memory and temperature on one scale, power on another, and a
// mark where a fault was. Lines differ in their dashes, not in colour alone.
#pragma once

#include <QDateTime>
#include <QList>
#include <QWidget>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "trial/conditions.hpp"

class QChart;
class QChartView;
class QDateTimeAxis;
class QLineSeries;
class QScatterSeries;
class QValueAxis;

namespace rocmfix::gui {

enum class Sensor : std::uint8_t { use, memory, temperature, power };
inline constexpr std::size_t sensor_count = 4;
/// Per cent, per cent of all VRAM, °C, W; nullopt: not known.
using SensorValues = std::array<std::optional<double>, sensor_count>;

/// `suffix`: of the card in `sensors` (trial/conditions.hpp).
SensorValues sensor_values(const trial::Conditions& sensors, const std::string& suffix,
                           std::optional<std::uint64_t> vram_bytes);

class SensorChart : public QWidget {
  Q_OBJECT

 public:
  explicit SensorChart(QWidget* parent = nullptr);

  void add(const QDateTime& time, const SensorValues& values);
  /// The faults that are within the time that is shown.
  void mark(const QList<QDateTime>& faults);
  [[nodiscard]] int marks() const;
  [[nodiscard]] int points(Sensor sensor) const;
  void clear();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void make_line(Sensor sensor, const QString& name, Qt::PenStyle style);
  void take_colours();

  QChart* chart_;
  QChartView* view_;
  QDateTimeAxis* time_;
  QValueAxis* scale_;
  QValueAxis* watts_;
  std::array<QLineSeries*, sensor_count> lines_{};
  QScatterSeries* faults_;
};

}  // namespace rocmfix::gui
