import { createRequire as requireFrom } from 'node:module'

/**
 * The sockets of the library netlink. Its native code is for Linux alone, so it is loaded with the first socket: the
 * fake host of `@portolan/testing` opens none, and its tests also run on other systems.
 *
 * The main entry of the library also loads its code for Wi-Fi, WireGuard and routes, which takes half a start of Node.
 */
export const rawNetlink = (): typeof import('netlink/dist/raw.js') => requireHere()('netlink/dist/raw.js')

/** The file of the module that `rawNetlink` loads. */
export const rawNetlinkFile = (): string => requireHere().resolve('netlink/dist/raw.js')

/**
 * In a bundle of CommonJS modules `import.meta` has no `url`. `createRequire` has another name here, because the banner of
 * a bundle of ES modules often imports it by its own.
 */
const requireHere = (): NodeJS.Require => requireFrom((import.meta.url as string | undefined) ?? __filename)
