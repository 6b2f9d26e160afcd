/** What a module imports that is run on a host: see load.mjs. */
export const libraryLoader = new URL('load.mjs', import.meta.url).href

/** Imports `openHost` into a module that a program on a host runs: see load.mjs. */
export const importOpenHost = `import { portolan } from '${libraryLoader}'
    const { openHost } = portolan`
