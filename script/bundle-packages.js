/**
 * Bundles the code of each package as it ships: one module for each entry, and the modules that entries share. Without
 * this, a program that imports a package finds, reads and compiles its modules one by one; there are 1,100 in all.
 * `tsc` makes the declarations beside them.
 */
import { build } from 'esbuild'
import { bundleOptions } from './bundle-options.js'
import { packageEntries } from './package-entries.js'

const folders = [...new Set(packageEntries.map((entry) => entry.package))]

/**
 * A package imports the other packages by name, so that a program that uses two packages has one copy of the shared
 * code.
 */
const bundlePackage = async (folder) => {
  const { absWorkingDir, format, platform, target, tsconfig, logLevel } = bundleOptions
  const { outputFiles } = await build({
    ...{ absWorkingDir, format, platform, target, tsconfig, logLevel },
    bundle: true,
    splitting: true,
    packages: 'external',
    entryPoints: packageEntries.filter((entry) => entry.package === folder).map(({ source }) => source),
    outbase: `packages/${folder}/src`,
    outdir: `packages/${folder}/dist`,
    chunkNames: 'shared/[name]-[hash]',
    write: false,
  })
  return { folder: `packages/${folder}/dist`, outputFiles }
}

/** The `dist` folder of each package and its files of code. */
export const bundlePackages = () => Promise.all(folders.map(bundlePackage))
