import { fileURLToPath } from 'node:url'

const loader = fileURLToPath(new URL('load.mjs', import.meta.url))

/** Imports `openHost` into a module that a program on a host runs: see load.mjs. */
export const importOpenHost = `import { portolan } from '${loader}'
    const { openHost } = portolan`
