import type { Intent, IntentNote } from '../intent/index.ts'

/**
 * Notes pools of networks for which no subnet is picked, because the intent gives them one of each family.
 * @internal
 */
export const noteIdlePools = ({ networks, parented = [] }: Intent): readonly IntentNote[] =>
  [...networks, ...parented].flatMap(({ name, pools, ip, ip6, place }) => {
    const families = [ip, ip6].filter((family) => family !== null)
    if (pools === null || families.some(({ subnet }) => subnet === null)) return []
    const given = families.length === 1 ? 'its subnet is' : 'its subnets are'
    return [
      {
        text: `Network ${name}: the pool has no effect, because ${given} given. Leave one of the two out.`,
        place,
      },
    ]
  })
