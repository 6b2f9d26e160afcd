/**
 * The code of each package, as it ships: one module for each of its entries, and those that they share. A program that
 * imports a package would else find, read and compile its modules one by one; they are 1,100 in all. `tsc` makes the
 * declarations beside them.
 */
import { build } from 'esbuild'
import { bundleOptions } from './bundle-options.js'
import { packageEntries } from './package-entries.js'

const folders = [...new Set(packageEntries.map((entry) => entry.package))]

/** A package imports the others by name: a program that uses two has one copy of what they share. */
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

/** What each package's `dist` is to hold of code. */
export const bundlePackages = () => Promise.all(folders.map(bundlePackage))
