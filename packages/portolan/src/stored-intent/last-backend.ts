import type { AppliedText } from '@portolan/host'
import { backendChoices } from '../backend/backend.ts'
import type { PlanOptions } from '../plan/plan-options.ts'

/** What a plan of a text that is kept goes by: the backend that it was in force with last. */
export const lastBackendOf = ({
  backend,
}: Pick<AppliedText, 'backend'>): Pick<PlanOptions, 'lastBackend'> => {
  const known = backendChoices.find((one) => one === backend)
  return known === undefined ? {} : { lastBackend: known }
}
