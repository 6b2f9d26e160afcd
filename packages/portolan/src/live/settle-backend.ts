import type { Runner } from '@portolan/core'
import { MissingToolError } from '@portolan/netfilter'
import type { Backend, BackendChoice } from '../backend/backend.ts'
import { chooseBackend } from '../backend/choose-backend.ts'
import type { WantedState } from './wanted/wanted-state.ts'

/**
 * Chooses the backend of a live project. All of its programs must use one backend. Otherwise each call would move the
 * rules. The backend that a program names is recorded, and a program that names none uses the recorded one. So a watch
 * beside the Docker plugin leaves the rules where Docker's rules let packets through.
 *
 * @param wanted - closed when no backend can be chosen
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
    // Also recorded when the programs of the named backend are gone: open hosts follow the record.
    if (choice !== 'auto' || wanted.backend() !== null) await wanted.nameBackend(backend)
    return backend
  } catch (error) {
    await wanted.close()
    throw error
  }
}

/** The recorded backend; null: none was named, or its programs are gone. */
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
