/** The URL of the module that loads the library for a program on a host: see load.mjs. */
export const libraryLoader = new URL('load.mjs', import.meta.url).href

/** The lines that import `openHost` into a program on a host: see load.mjs. */
export const importOpenHost = `import { portolan } from '${libraryLoader}'
    const { openHost } = portolan`
