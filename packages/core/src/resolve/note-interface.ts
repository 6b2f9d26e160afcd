import type { HostFacts } from '@portolan/netfilter'
import type { IntentNote } from '../intent/index.ts'

/**
 * Notes that an interface is missing, or is a bridge port, so that packets come in by another name.
 *
 * @param what - what is for that interface alone
 * @param effect - of its being a port of a bridge: `nothing is opened`
 * @internal
 */
export const noteInterface = (
  name: string,
  {
    what,
    effect,
    place,
  }: { readonly what: string; readonly effect: string; readonly place: IntentNote['place'] },
  { interfaces }: HostFacts,
): readonly IntentNote[] => {
  if (interfaces === undefined) return []
  const link = interfaces.find((one) => one.name === name)
  if (link === undefined)
    return [
      {
        text: `${what}: there is no interface ${name} on this host yet. The rules go by its name, and hold once it comes.`,
        place,
      },
    ]
  return link.master === undefined || link.master === null
    ? []
    : [
        {
          text: `${what}: ${name} is a port of ${link.master}, and its packets come in by ${link.master}, so ${effect}. Name ${link.master} to open to all its ports.`,
          place,
        },
      ]
}
