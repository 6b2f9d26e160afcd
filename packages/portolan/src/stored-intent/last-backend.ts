import type { AppliedText } from '@portolan/host'
import { backendChoices } from '../backend/backend.ts'
import type { PlanOptions } from '../plan/plan-options.ts'

/** The backend for a plan of a kept text: the one with which the text was in force last. */
export const lastBackendOf = ({
  backend,
}: Pick<AppliedText, 'backend'>): Pick<PlanOptions, 'lastBackend'> => {
  const known = backendChoices.find((one) => one === backend)
  return known === undefined ? {} : { lastBackend: known }
}
