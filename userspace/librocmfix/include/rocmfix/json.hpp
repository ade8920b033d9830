// SPDX-License-Identifier: MIT
// The JSON documents that `--json` prints, schema 1, indented by two. Field names and types are
// kept stable; unknown values are null.
#pragma once

#include <span>
#include <string>

#include "rocmfix/apply.hpp"
#include "rocmfix/builds.hpp"
#include "rocmfix/environment.hpp"
#include "rocmfix/plan.hpp"
#include "rocmfix/verify.hpp"

namespace rocmfix {

std::string status_json(const Machine& machine);
/// {"schema":1,"livepatch":{"kernel","installed","loaded","state","in_force"}};
/// `installed` is null or {"file","version","srcversion"}, `loaded` null or
/// {"version","srcversion","parameters"}.
std::string livepatch_json(const Driver& driver);
std::string plan_json(const Plan& plan);
std::string change_json(const ChangeReport& report);
std::string verification_json(const Verification& verification);
std::string environment_json(const EnvironmentPlan& environment);
/// {"schema":1,"framework":NAME,"cards":[{"gfx","cards","gpus","builds":[{"name","title","route",
/// "command","requirements","index","python","debian","fits","conditions","override":{"need","value"},
/// "unusable","problems":[{"what","grade","source"}],"checked","grade","source"}]}]}; the best
/// build is the first; `command` is null where `unusable` says why, and else that is null.
std::string builds_json(const Framework& framework, std::span<const CardBuilds> cards);
/// {"schema":1,"frameworks":[{"name","title","aliases"}]}
std::string frameworks_json(std::span<const Framework> frameworks);
/// {"schema":1,"install":HINT}
std::string install_json(const std::string& hint);
std::string error_json(const Error& error);

}  // namespace rocmfix
