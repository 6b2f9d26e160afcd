import { describeScenarios } from './conflicts/describe-scenarios.ts'

describeScenarios('bypass')
