import type { Intent } from '@portolan/core'
import fc from 'fast-check'
import { endpointIntents } from './endpoint-intent.ts'
import { mappingIntents } from './mapping-intent.ts'
import { projectName } from './names.ts'
import { networkIntents, type Realm } from './network-intent.ts'

const intentIn = (realm: Realm, project: fc.Arbitrary<string>): fc.Arbitrary<Intent> =>
  networkIntents(realm).chain((networks) =>
    endpointIntents(networks).chain((endpoints) =>
      fc.record({
        project,
        networks: fc.constant(networks),
        endpoints: fc.constant(endpoints),
        mappings: mappingIntents(networks, endpoints),
        notes: fc.constant([]),
      }),
    ),
  )

/** Any intent that a user could rightly write: every mode, every kind of mapping. */
export const intent = (): fc.Arbitrary<Intent> => intentIn({ letter: 'n', firstSubnet: 100 }, projectName)

/**
 * Intents of a project whose name, bridges and fixed subnets no other project has; their ports clash freely.
 *
 * @param index - 0 to 9
 */
export const projectIntent = (index: number): fc.Arbitrary<Intent> =>
  intentIn(
    { letter: 'abcdefghij'.charAt(index), firstSubnet: 100 + 8 * index },
    fc.constant(`project-${'abcdefghij'.charAt(index)}`),
  )
