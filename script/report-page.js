/** Bundles the script of a report's page into one text, because a browser finds no modules beside the page. */
import { build } from 'esbuild'
import { bundleOptions } from './bundle-options.js'

/**
 * @returns {Promise<string>} the script, made of this workspace's code alone, so that no licence has to come with it
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
