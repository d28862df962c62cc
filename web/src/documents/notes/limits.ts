/** Bounds of what the page makes in the notes. */

/** Units: per cent of the text's width. */
export const WIDTH_MIN = 10;
export const WIDTH_MAX = 100;
export const WIDTH_STEP = 10;

export const ALT_CHARACTERS_MAX = 500;

/** Longest side of a picture that is sent; more than any screen shows of it here. */
export const IMAGE_PIXELS_MAX = 2_560;
/** What a browser may be asked to decode: larger ones are refused. */
export const IMAGE_SOURCE_BYTES_MAX = 64 * 1024 * 1024;
/** A picture that moves cannot be made smaller here, so it is sent as it is up to this. */
export const IMAGE_KEPT_BYTES_MAX = 8 * 1024 * 1024;
export const IMAGES_AT_ONCE_MAX = 20;

/** Blocks of a text from which on it is a long one: what is out of sight is not drawn. */
export const LONG_FROM = 300;
