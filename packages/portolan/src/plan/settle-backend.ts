import type { Runner } from '@portolan/core'
import { MissingToolError } from '@portolan/netfilter'
import { assumeBackend } from '../backend/assume-backend.ts'
import type { Backend, BackendChoice } from '../backend/backend.ts'
import { chooseBackend } from '../backend/choose-backend.ts'
import { type HostRules, unknownRules } from '../host-rules/host-rules.ts'
import { readRules } from '../host-rules/read-rules.ts'
import { backendOfPlan, keptBackend } from './backend-of-plan.ts'
import type { PlanOptions } from './plan-options.ts'

/** The backend of a plan, and the rules for the plan. */
interface SettledBackend {
  readonly backend: Backend
  readonly rules: HostRules
}

/**
 * Chooses the backend of a plan, and reads the rules of the host unless they are given. `auto` is the backend that has
 * the project's rules: any other would be a switch that the user did not ask for.
 *
 * @throws MissingToolError, InspectError, PermissionError
 */
export const settleBackend = async (
  project: string,
  { backend: choice = 'auto', lastBackend = 'auto', rules }: PlanOptions,
  runner: Runner,
): Promise<SettledBackend> => {
  if (rules !== undefined) {
    const known = rules ?? unknownRules
    return { backend: backendOfPlan(project, { backend: choice, lastBackend }, known), rules: known }
  }
  if (choice !== 'auto') return readBackend(choice, runner)
  const last = await lastThere(lastBackend, runner)
  const found = last === null ? await readBackend(choice, runner) : await readIn(last, runner)
  const kept = keptBackend(project, found.rules, found.backend)
  // The backend that the plan changes is read strictly: rules that cannot be read completely are an error.
  return kept === found.backend ? found : readBackend(kept, runner)
}

/** The last used backend; null: none is known, or its program is gone. */
const lastThere = async (choice: BackendChoice, runner: Runner): Promise<Backend | null> => {
  if (choice === 'auto') return null
  try {
    return await chooseBackend(choice, runner)
  } catch (error) {
    if (error instanceof MissingToolError) return null
    throw error
  }
}

const readIn = async (backend: Backend, runner: Runner): Promise<SettledBackend> => ({
  backend,
  rules: await readRules(runner, mayReadRules() ? backend : null),
})

/** Reads the backend of this host and its rules. */
const readBackend = async (choice: BackendChoice, runner: Runner): Promise<SettledBackend> => {
  try {
    return await readIn(await chooseBackend(choice, runner), runner)
  } catch (error) {
    // A user that named a backend gets the error. Any other user sees a plan, with a note on what to install before
    // apply.
    if (!(error instanceof MissingToolError) || choice !== 'auto') throw error
    const rules = await readRules(runner, null)
    const missing =
      'No firewall program is installed, so this host is taken to have no rules: install the package nftables (or iptables) before you apply.'
    return { backend: assumeBackend(choice), rules: { ...rules, unread: [missing, ...rules.unread] } }
  }
}

/** Root's plan must read the rules that it will change. An ordinary user's plan uses what can be read. */
const mayReadRules = (): boolean => process.geteuid?.() === 0
