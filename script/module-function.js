/**
 * The lines around a CommonJS text that make it the function Node would make, for `loadScript` of
 * packages/host/src/file/load-script.ts.
 */
export const moduleFunction = {
  open: '(function (exports, require, module, __filename, __dirname) {\n',
  close: '})',
}
