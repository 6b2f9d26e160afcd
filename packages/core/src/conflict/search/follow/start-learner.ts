import { type Learner, noOrigins } from '@portolan/netfilter/analysis'

/** The settings of a learner before a packet is followed. */
type LearnerSettings = Pick<
  Learner,
  | 'origins'
  | 'values'
  | 'region'
  | 'speaksForOthers'
  | 'leadsTo'
  | 'alike'
  | 'skipsForeign'
  | 'isThorough'
  | 'ignored'
>

/** Makes a learner that has noted nothing. A setting that is left out adds no condition. */
export const startLearner = ({
  origins = noOrigins,
  values = noValues,
  region = nowhere,
  speaksForOthers = false,
  leadsTo = null,
  alike = null,
  skipsForeign = false,
  isThorough = false,
  ignored = nothing,
}: Partial<LearnerSettings>): Learner => ({
  origins,
  values,
  region,
  conditions: [],
  exclusions: [],
  speaksForOthers,
  leadsTo,
  alike,
  isLenient: false,
  blurred: false,
  skipsForeign,
  isThorough,
  hasAskedMember: false,
  ignored,
  watched: null,
  hasActed: false,
  checks: null,
})

const noValues: Learner['values'] = new Map()
const nowhere: Learner['region'] = {}
const nothing: ReadonlySet<object> = new Set()
