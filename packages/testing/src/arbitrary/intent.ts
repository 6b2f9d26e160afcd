import type { Intent } from '@portolan/core'
import fc from 'fast-check'
import { checkKeys } from '../check/check-value.ts'
import { endpointIntents } from './endpoint-intent.ts'
import { mappingIntents } from './mapping-intent.ts'
import { projectName } from './names.ts'
import { networkIntents, type Realm } from './network-intent.ts'
import { openingIntents } from './opening-intent.ts'
import { ShrinkingIntents } from './smaller-intents.ts'

const intentIn = (realm: Realm, project: fc.Arbitrary<string>): fc.Arbitrary<Intent> =>
  new ShrinkingIntents(
    networkIntents(realm).chain((networks) =>
      endpointIntents(networks).chain((endpoints) =>
        fc
          .record({
            project,
            mappings: mappingIntents(networks, endpoints),
            notes: fc.constant([]),
            openings: openingIntents(networks, endpoints),
          })
          .map(({ openings, ...rest }): Intent => ({ ...rest, ...openings })),
      ),
    ),
  )

/**
 * Chooses one of several projects for an intent.
 * @public @since 0.1.0
 */
export interface IntentOptions {
  /**
   * 0 to 9: projects of different numbers have different names, bridges and fixed subnets. Their ports clash freely.
   * Absent: any project.
   */
  readonly project?: number
}

/**
 * Any intent that a user could rightly write: every gateway mode, every kind of mapping, `links` and `reachable_from`.
 * It shrinks to one network with one service. A network without services stays only where it causes the failure.
 *
 * @throws RangeError for a project outside 0 to 9
 * @example
 * await fc.assert(fc.asyncProperty(arbitraryIntent(), async (intent) => {
 *   const host = fakeHost()
 *   await host.apply(await host.plan(intent))
 *   expect(host).toMeetContract()
 * }))
 * @public @since 0.1.0
 */
export const arbitraryIntent = (options: IntentOptions = {}): fc.Arbitrary<Intent> => {
  checkKeys(options, ['project'], 'arbitraryIntent(options)', 'options')
  const { project } = options
  if (project === undefined) return intentIn({ letter: 'n', firstSubnet: 100 }, projectName)
  const letter = Number.isInteger(project) ? 'abcdefghij'.charAt(project) : ''
  if (letter === '') throw new RangeError(`project is ${project}: give a whole number of 0 to 9.`)
  return intentIn({ letter, firstSubnet: 100 + 8 * project }, fc.constant(`project-${letter}`))
}
