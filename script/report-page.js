/** Makes the script of a report's page, which has no module beside it: one text that a browser runs. */
import { build } from 'esbuild'
import { bundleOptions } from './bundle-options.js'

/**
 * @returns {Promise<string>} the script, of code of this workspace alone: no licence has to come with it
 */
export const reportPage = async () => {
  const { absWorkingDir, alias, tsconfig, logLevel } = bundleOptions
  const { outputFiles, metafile } = await build({
    ...{ absWorkingDir, alias, tsconfig, logLevel },
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'ascii',
    entryPoints: ['packages/portolan/src/report/page/main.ts'],
    write: false,
    metafile: true,
  })
  const foreign = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).filter(
      ([input, { bytesInOutput }]) => /(^|\/)node_modules\//.test(input) && bytesInOutput > 0,
    ),
  )
  if (foreign.length > 0)
    throw new Error(`The page of a report would contain ${foreign.map(([input]) => input).join(', ')}.`)
  return outputFiles[0]?.text.trim() ?? ''
}
