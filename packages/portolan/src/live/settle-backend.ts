import type { Runner } from '@portolan/core'
import { MissingToolError } from '@portolan/netfilter'
import type { Backend, BackendChoice } from '../backend/backend.ts'
import { chooseBackend } from '../backend/choose-backend.ts'
import type { WantedState } from './wanted/wanted-state.ts'

/**
 * The backend of a live project. Its programs have to agree on one, as rules of another would be moved with each call: what
 * one of them names is written down, and one that names none goes by that. So a watch beside the plugin of Docker leaves
 * the rules where those of Docker let packets through.
 *
 * @param wanted - closed where it cannot be settled
 */
export const settleBackend = async (
  choice: BackendChoice,
  wanted: WantedState,
  runner: Runner,
): Promise<Backend> => {
  try {
    const named = choice === 'auto' ? await namedBackend(wanted, runner) : null
    if (named !== null) return named
    const backend = await chooseBackend(choice, runner)
    // Also where the programs of the one that was named are gone: hosts that are open go by what is written down.
    if (choice !== 'auto' || wanted.backend() !== null) await wanted.nameBackend(backend)
    return backend
  } catch (error) {
    await wanted.close()
    throw error
  }
}

/** Null: none was named, or its programs are gone. */
const namedBackend = async (wanted: WantedState, runner: Runner): Promise<Backend | null> => {
  const named = wanted.backend()
  if (named === null) return null
  try {
    return await chooseBackend(named, runner)
  } catch (error) {
    if (error instanceof MissingToolError) return null
    throw error
  }
}
