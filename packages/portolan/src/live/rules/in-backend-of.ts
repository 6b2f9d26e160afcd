import { InvalidRequestError } from '@portolan/netfilter'
import type { Backend } from '../../backend/backend.ts'
import type { LiveMachine } from '../live-machine.ts'
import { bringAbout } from '../networks/bring-about.ts'
import { goneNetworks } from '../networks/gone-networks.ts'
import { BackendMovedError } from './backend-moved-error.ts'
import type { LiveRules } from './live-rules.ts'
import { openRuleKeeper } from './open-rule-keeper.ts'

/** Does something in the backend that the project has by then, at once where nothing has to be waited for. */
export type InBackend = <Result>(work: () => Result | Promise<Result>) => Result | Promise<Result>

/** Follows a project to another backend, where a program has named one since: rules in both would count twice. */
export const inBackendOf = (rules: LiveRules, machine: LiveMachine): InBackend => {
  const follow = async (named: Backend): Promise<void> => {
    machine.moveTo?.(named)
    rules.goOnWith(openRuleKeeper(machine.backend, rules.project, machine.rules))
    await rules.refresh()
    if ((await machine.elsewhere()).length > 0) await bringAbout(rules, machine, (intent) => intent)
  }
  const attempt = async <Result>(work: () => Result | Promise<Result>): Promise<Result> => {
    const named = rules.movedTo()
    if (named !== null) await follow(named)
    return work()
  }
  const insist = async <Result>(
    work: () => Result | Promise<Result>,
    first: Promise<Result>,
  ): Promise<Result> => {
    let isMended = false
    for (let attempted = first; ; attempted = attempt(work)) {
      try {
        return await attempted
      } catch (error) {
        // What is refused once the host was looked at may be so for want of a bridge that another program deleted.
        if (error instanceof InvalidRequestError && !isMended && goneNetworks(rules).length > 0) {
          isMended = true
          await bringAbout(rules, machine, (intent) => intent)
        } else if (!(error instanceof BackendMovedError)) throw error
      }
    }
  }
  return (work) => {
    try {
      const named = rules.wanted.asJustKnown(() => rules.movedTo())
      const first = named === null ? work() : attempt(work)
      return first instanceof Promise ? insist(work, first) : first
    } catch (error) {
      return insist(work, Promise.reject(error))
    }
  }
}
