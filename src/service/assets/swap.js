// To come
