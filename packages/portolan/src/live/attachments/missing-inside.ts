import type { InsideChange, InsideState } from '@portolan/host'
import type { Family } from '@portolan/netfilter'
import type { Attachment } from './attachment.ts'
import { routeChange } from './default-routes.ts'

/**
 * What an interface lacks of what it is to be; null: nothing.
 * @param isKnown - its neighbours know of it
 */
export const missingInside = (
  attachment: Attachment,
  state: InsideState,
  isKnown: boolean,
): InsideChange | null => {
  const addresses = attachment.addresses
    .map(({ text }) => text)
    .filter((text) => !state.addresses.includes(text))
  const routes = attachment.addresses.map((address) => routeChange(attachment, state, address))
  const [defaultRoutes, formerRoutes] = [
    routes.flatMap(({ add }) => add),
    routes.flatMap(({ former }) => former),
  ]
  // That of an ipvlan is its parent's.
  const hasMac = attachment.announce === null || attachment.announce === state.mac
  return isKnown && hasMac && addresses.length + defaultRoutes.length + formerRoutes.length === 0
    ? null
    : { addresses, defaultRoutes, formerRoutes, announce: attachment.announce }
}

/**
 * The addresses that an interface has in place of its own: those it was given before its endpoint or its network got others.
 * One that has its own may have more beside it.
 */
export const formerAddresses = (attachment: Attachment, state: InsideState): readonly string[] =>
  attachment.addresses.flatMap(({ family, text }) =>
    state.addresses.includes(text)
      ? []
      : state.addresses.filter((one) => familyOf(one) === family && !isLinkLocal(one)),
  )

const familyOf = (text: string): Family => (text.includes(':') ? 'ip6' : 'ip')

/** The kernel gives one to every interface with IPv6. */
const isLinkLocal = (text: string): boolean => /^fe[89ab]/i.test(text)
