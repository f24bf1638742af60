/** The release of this kernel, as its bundle declares it: the version in package.json. */
export const version = '0.3.0'
