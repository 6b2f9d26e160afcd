import { userInfo } from 'node:os'

/**
 * Returns the home of this user as the user database names it, whatever HOME says. A user that is not in the database, as
 * in a container that runs under a number of its own, has the root folder: login and Docker give such a user that one.
 * @example
 * ownHome() // '/root'
 * @public @since 0.1.0
 */
export const ownHome = (): string => {
  try {
    return userInfo().homedir
  } catch {
    return '/'
  }
}
