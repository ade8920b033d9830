// SPDX-License-Identifier: MIT
#include "pages/sensor_chart.hpp"

#include <QChart>
#include <QChartView>
#include <QDateTimeAxis>
#include <QEvent>
#include <QLegend>
#include <QLineSeries>
#include <QScatterSeries>
#include <QVBoxLayout>
#include <QValueAxis>
#include <algorithm>
#include <cmath>

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 shown_ms = 5LL * 60 * 1000;
// Of per cent and °C.
constexpr double top = 120;
constexpr int ticks = 7;

std::optional<double> value_of(const trial::Conditions& sensors, const std::string& name) {
  const auto found = sensors.find(name);
  return found != sensors.end() ? std::optional(static_cast<double>(found->second)) : std::nullopt;
}

}  // namespace

SensorValues sensor_values(const trial::Conditions& sensors, const std::string& suffix,
                           std::optional<std::uint64_t> vram_bytes) {
  constexpr double mib = 1 << 20;
  std::optional<double> memory = value_of(sensors, "vram_used_mib" + suffix);
  if (memory && vram_bytes && *vram_bytes > 0) {
    memory = *memory * mib * 100 / static_cast<double>(*vram_bytes);
  } else {
    memory.reset();
  }
  return {value_of(sensors, "busy_percent" + suffix), memory,
          value_of(sensors, "temperature_c" + suffix), value_of(sensors, "power_w" + suffix)};
}

SensorChart::SensorChart(QWidget* parent)
    : QWidget(parent),
      chart_(new QChart),
      view_(new QChartView(chart_, this)),
      time_(new QDateTimeAxis(chart_)),
      scale_(new QValueAxis(chart_)),
      watts_(new QValueAxis(chart_)),
      faults_(new QScatterSeries(chart_)) {
  view_->setAccessibleName(tr("Sensors of the card over the last five minutes"));
  // The values are in a label above: a chart is nothing to stop at with the keyboard.
  view_->setFocusPolicy(Qt::NoFocus);
  view_->setMinimumHeight(fontMetrics().height() * 8);
  time_->setFormat(u"HH:mm:ss"_s);
  time_->setTickCount(3);
  scale_->setRange(0, top);
  scale_->setTitleText(tr("%, °C"));
  watts_->setTitleText(tr("W"));
  watts_->setRange(0, 1);
  scale_->setTickCount(ticks);
  scale_->setLabelFormat(u"%d"_s);
  watts_->setTickCount(ticks);
  watts_->setLabelFormat(u"%d"_s);
  chart_->addAxis(time_, Qt::AlignBottom);
  chart_->addAxis(scale_, Qt::AlignLeft);
  chart_->addAxis(watts_, Qt::AlignRight);
  chart_->legend()->setAlignment(Qt::AlignBottom);
  chart_->setMargins({});
  make_line(Sensor::use, tr("GPU use (%)"), Qt::SolidLine);
  make_line(Sensor::memory, tr("VRAM (%)"), Qt::DashLine);
  make_line(Sensor::temperature, tr("Temperature (°C)"), Qt::DotLine);
  make_line(Sensor::power, tr("Power (W)"), Qt::DashDotLine);
  faults_->setName(tr("Fault"));
  faults_->setMarkerShape(QScatterSeries::MarkerShapeTriangle);
  chart_->addSeries(faults_);
  faults_->attachAxis(time_);
  faults_->attachAxis(scale_);
  auto* const column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(view_);
  take_colours();
}

void SensorChart::make_line(Sensor sensor, const QString& name, Qt::PenStyle style) {
  auto* const line = new QLineSeries(chart_);
  line->setName(name);
  chart_->addSeries(line);
  line->attachAxis(time_);
  line->attachAxis(sensor == Sensor::power ? watts_ : scale_);
  QPen pen = line->pen();
  pen.setStyle(style);
  line->setPen(pen);
  lines_.at(static_cast<std::size_t>(sensor)) = line;
}

void SensorChart::add(const QDateTime& time, const SensorValues& values) {
  const qint64 now = time.toMSecsSinceEpoch();
  double most_watts = 10;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    QLineSeries& line = *lines_.at(i);
    if (values.at(i)) {
      line.append(static_cast<double>(now), *values.at(i));
    }
    while (line.count() > 0 && line.at(0).x() < static_cast<double>(now - shown_ms)) {
      line.remove(0);
    }
    if (i == static_cast<std::size_t>(Sensor::power)) {
      for (const QPointF& point : line.points()) {
        most_watts = std::max(most_watts, point.y());
      }
    }
  }
  watts_->setRange(0, std::ceil(most_watts / (ticks - 1)) * (ticks - 1));
  time_->setRange(time.addMSecs(-shown_ms), time);
}

void SensorChart::mark(const QList<QDateTime>& faults) {
  QList<QPointF> points;
  for (const QDateTime& fault : faults) {
    if (fault >= time_->min() && fault <= time_->max()) {
      points += {static_cast<double>(fault.toMSecsSinceEpoch()), top * 0.95};
    }
  }
  if (points != faults_->points()) {
    faults_->replace(points);
  }
}

int SensorChart::marks() const {
  return faults_->count();
}

int SensorChart::points(Sensor sensor) const {
  return lines_.at(static_cast<std::size_t>(sensor))->count();
}

void SensorChart::clear() {
  for (QLineSeries* const line : lines_) {
    line->clear();
  }
}

// The theme for the lines, which has one for light and one for dark; the rest as everything else in
// the window.
void SensorChart::take_colours() {
  const QPalette& colours = palette();
  constexpr int half = 128;
  const bool dark = colours.color(QPalette::Base).lightness() < half;
  std::array<Qt::PenStyle, sensor_count> styles{};
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    styles.at(i) = lines_.at(i)->pen().style();
  }
  chart_->setTheme(dark ? QChart::ChartThemeDark : QChart::ChartThemeLight);
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    QPen pen = lines_.at(i)->pen();
    pen.setStyle(styles.at(i));
    lines_.at(i)->setPen(pen);
  }
  faults_->setColor(colours.color(QPalette::Text));
  chart_->setBackgroundBrush(colours.base());
  chart_->setBackgroundRoundness(0);
  chart_->legend()->setLabelColor(colours.color(QPalette::Text));
  for (QAbstractAxis* const axis : chart_->axes()) {
    axis->setLabelsColor(colours.color(QPalette::Text));
    axis->setTitleBrush(colours.text());
    axis->setLabelsFont(font());
    axis->setTitleFont(font());
  }
  chart_->legend()->setFont(font());
}

void SensorChart::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
    take_colours();
  }
}

}  // namespace rocmfix::gui
