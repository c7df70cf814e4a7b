#pragma once
/// \file
/// All of neurotape but the Eigen adapters (neurotape/eigen.hpp).

#include "neurotape/analysis.hpp"
#include "neurotape/array.hpp"
#include "neurotape/artifacts.hpp"
#include "neurotape/codec.hpp"
#include "neurotape/episode.hpp"
#include "neurotape/error.hpp"
#include "neurotape/experiment.hpp"
#include "neurotape/maintenance.hpp"
#include "neurotape/options.hpp"
#include "neurotape/run.hpp"
#include "neurotape/stats.hpp"
#include "neurotape/streams.hpp"
#include "neurotape/training.hpp"
