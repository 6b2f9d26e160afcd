import type { Runner } from '@portolan/core'
import { MissingToolError } from '@portolan/netfilter'
import { assumeBackend } from '../backend/assume-backend.ts'
import type { Backend, BackendChoice } from '../backend/backend.ts'
import { chooseBackend } from '../backend/choose-backend.ts'
import { type HostRules, unknownRules } from '../host-rules/host-rules.ts'
import { readRules } from '../host-rules/read-rules.ts'
import { backendOfPlan, keptBackend } from './backend-of-plan.ts'
import type { PlanOptions } from './plan-options.ts'

/** The backend of a plan, and the rules that it is made from. */
interface SettledBackend {
  readonly backend: Backend
  readonly rules: HostRules
}

/**
 * Settles on the backend of a plan, and reads the rules of the host unless they are given. `auto` is the backend that has
 * the project's rules: another one would be a switch that no one asked for.
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
  // What cannot be read whole of the one that is to be changed is refused.
  return kept === found.backend ? found : readBackend(kept, runner)
}

/** The backend that was named once; null: none was, or its program is gone. */
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

/** The backend of this host and its rules. */
const readBackend = async (choice: BackendChoice, runner: Runner): Promise<SettledBackend> => {
  try {
    return await readIn(await chooseBackend(choice, runner), runner)
  } catch (error) {
    // A user that named a backend wants that one. Any other is shown a plan, and what to install before it is applied.
    if (!(error instanceof MissingToolError) || choice !== 'auto') throw error
    const rules = await readRules(runner, null)
    const missing =
      'No firewall program is installed, so this host is taken to have no rules: install the package nftables (or iptables) before you apply.'
    return { backend: assumeBackend(choice), rules: { ...rules, unread: [missing, ...rules.unread] } }
  }
}

/** An ordinary user's plan is made of what can be read; the superuser's has to see the rules it will change. */
const mayReadRules = (): boolean => process.geteuid?.() === 0
